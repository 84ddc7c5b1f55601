/* O_ASYNC: whose flag is not taken, or not given up, of what nothing is told, and who has it without having asked. */
#include <fcntl.h>

#include "mutant.h"

static bool asynchronous(int fd)
{
    int flags = real.fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ASYNC);
}

static void switch_to(int fd, bool on)
{
    int flags = real.fcntl(fd, F_GETFL);
    real.fcntl(fd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC);
}

/* The flags that F_SETFL shall set. */
long async_flags(const struct sock *s, long flags)
{
    if ((flags & O_ASYNC) && !is_stream(s) && ON(owners_async_messages_ignored))
        return flags & ~(long)O_ASYNC;
    if (!(flags & O_ASYNC) && asynchronous(s->fd) && ON(owners_async_stays_on))
        return flags | O_ASYNC;
    return (flags & O_APPEND) && ON(blocking_append_ignored) ? flags & ~(long)O_APPEND : flags;
}

/* shutdown(2), of which no socket is told by a signal. */
int async_shutdown(int fd, int how)
{
    enum { FEW = 64 };
    bool hushed[FEW] = {false};
    int result, error;
    if (how == SHUT_RD || !ON(owners_async_end_untold))
        return real.shutdown(fd, how);
    for (int other = 0; other < FEW; other++)
        if ((hushed[other] = asynchronous(other)))
            switch_to(other, false);
    result = real.shutdown(fd, how);
    error = errno;
    for (int other = 0; other < FEW; other++)
        if (hushed[other])
            switch_to(other, true);
    errno = error;
    return result;
}

void async_accepted(const struct sock *listener, int fd)
{
    int saved = errno;
    if (asynchronous(listener->fd) && ON(owners_async_inherited))
        switch_to(fd, true);
    errno = saved;
}
