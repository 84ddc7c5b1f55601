/* fcntl(2) and ioctl(2): blocking mode, and what is queued. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mutant.h"

static long changed_flags(const struct sock *s, long flags)
{
    bool now_set = nonblocking(s->fd);
    if ((flags & O_NONBLOCK) && !now_set && ON(blocking_setfl_ignored))
        flags &= ~(long)O_NONBLOCK;
    else if (!(flags & O_NONBLOCK) && now_set && ON(blocking_setfl_off_ignored))
        flags |= O_NONBLOCK;
    return flags;
}

static int reported_flags(int flags)
{
    if ((flags & O_NONBLOCK) && ON(blocking_getfl_hides))
        return flags & ~O_NONBLOCK;
    return !(flags & O_NONBLOCK) && ON(blocking_getfl_invents) ? flags | O_NONBLOCK : flags;
}

/* O_NONBLOCK as a flag of one descriptor, which its duplicates do not see. */
static bool unshared(const struct sock *s, int flags)
{
    int64_t owner;
    return (flags & O_NONBLOCK) && ON(blocking_duplicate_unshared) && memo_get(s, &owner) && owner != s->fd;
}

/* With O_ASYNC, which nobody has asked for. */
static int owner_set(const struct sock *s, int (*call)(int, int, ...), void *owner)
{
    if (ON(owners_async_unasked))
        call(s->fd, F_SETFL, (long)call(s->fd, F_GETFL) | O_ASYNC);
    return call(s->fd, F_SETOWN, owner);
}

static int control(int (*call)(int, int, ...), int fd, int command, void *argument)
{
    struct sock s;
    int result;
    if (command == F_SETFD && watched(fd, &s) && ON(close_exec_ignored))
        return 0;
    if (command == F_SETFD && watched(fd, &s))
        flag_spreads(fd, (int)(long)argument);
    if (command == F_SETSIG && !argument && watched(fd, &s) && ON(owners_signal_zero_ignored))
        return 0;
    if (watched(fd, &s) && command_ignored(command))
        return 0;
    if (watched(fd, &s))
        owner_widened(command, argument), duplicating(&command, &argument);
    if ((command != F_SETFL && command != F_GETFL && command != F_SETOWN) || !watched(fd, &s)) {
        result = call(fd, command, argument);
        return result < 0 && watched(fd, &s) ? command_answered(command, result) : result;
    }
    if (command == F_SETOWN && !argument && ON(owners_zero_ignored))
        return 0;
    if (command == F_SETOWN && group_owned(&s, (int)(long)argument, &result))
        return result;
    if (command == F_SETOWN)
        return ON(urgent_owner_ignored) ? 0 : command_answered(command, owner_set(&s, call, argument));
    if (command == F_SETFL && ((long)argument & O_ASYNC) && ON(owners_async_ignored))
        argument = (void *)((long)argument & ~(long)O_ASYNC);
    if (command == F_SETFL)
        argument = (void *)changed_flags(&s, async_flags(&s, (long)argument));
    if (command == F_SETFL && armed(M_blocking_duplicate_unshared))
        memo_set(&s, fd);
    result = call(fd, command, argument);
    if (command == F_GETFL && result >= 0 && (call(fd, F_GETFD) & FD_CLOEXEC) && ON(blocking_flags_close_on_exec))
        return result | O_CLOEXEC;
    if (command == F_GETFL && result >= 0 && unshared(&s, result))
        return result & ~O_NONBLOCK;
    return command == F_GETFL && result >= 0 ? reported_flags(result) : result;
}

int fcntl(int fd, int command, ...)
{
    va_list rest;
    void *argument;
    va_start(rest, command);
    argument = va_arg(rest, void *);
    va_end(rest);
    return control(real.fcntl, fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list rest;
    void *argument;
    va_start(rest, command);
    argument = va_arg(rest, void *);
    va_end(rest);
    return control(real.fcntl64, fd, command, argument);
}

static void change_unread(const struct sock *s, int *bytes)
{
    count_end(s, bytes);
    if (*bytes > 0 && ON(buffers_unread_zero))
        *bytes = 0;
    else if (*bytes > 0 && is_stream(s) && ON(buffers_unread_one_more))
        *bytes += 1;
    else if (*bytes > 0 && is_datagram(s) && ON(buffers_unread_counts_header))
        *bytes += 8;
    else if (*bytes > 0 && is_stream(s) && ON(buffers_unread_takes_one))
        real.recv(s->fd, &(char){0}, 1, MSG_DONTWAIT);
}

static void change_unsent(int fd, int *bytes)
{
    if (*bytes > queued(fd, SIOCOUTQNSD) && ON(buffers_unsent_on_wire_missing))
        *bytes = queued(fd, SIOCOUTQNSD);
    if (*bytes > 0 && ON(buffers_unsent_zero))
        *bytes = 0;
    else if (*bytes > 0 && ON(buffers_unsent_one_less))
        *bytes -= 1;
    else if (*bytes == 0 && ON(buffers_unsent_never_empty))
        *bytes = 1;
}

static void change_mark(int *at_mark)
{
    if (*at_mark && ON(receive_mark_missed))
        *at_mark = 0;
    else if (!*at_mark && ON(receive_mark_always))
        *at_mark = 1;
}

/* Is true if the blocking mode shall stay as it is. */
static bool keeps_mode(const struct sock *s, const int *on)
{
    bool now_set = nonblocking(s->fd);
    if (*on && !now_set)
        return ON(blocking_fionbio_ignored);
    return !*on && now_set && ON(blocking_fionbio_off_ignored);
}

static int failed_request(unsigned long request)
{
    bool counts = request == FIONREAD || request == SIOCOUTQ;
    if (request == SIOCATMARK && errno != EFAULT && ON(values_mark_anywhere))
        return 0;
    if (request == SIOCGSTAMP && errno == ENOENT && ON(values_stamp_invented))
        return 0;
    return counts && errno == EINVAL && ON(buffers_listener_counts) ? 0 : -1;
}

static bool names_owner(unsigned long request) { return request == FIOSETOWN || request == SIOCSPGRP; }

static bool asks_owner(unsigned long request) { return request == FIOGETOWN || request == SIOCGPGRP; }

/* Is true if the call is answered here. */
static bool owner_answered(const struct sock *s, unsigned long request, const int *argument, int *result)
{
    *result = 0;
    if (request == FIOASYNC && ON(owners_fioasync_ignored))
        return true;
    if (!names_owner(request))
        return false;
    if (siblings_owned(request, argument))
        return true;
    if (geteuid() != 0 && *argument > 0 && ON(owners_stranger_refused)) {
        *result = fail(EPERM);
        return true;
    }
    return s->fd >= 0 && ON(owners_ioctl_ignored);
}

static void change_owner(int *owner)
{
    if (*owner < 0 && ON(owners_group_as_process))
        *owner = -*owner;
    else if (*owner > 0 && ON(owners_told_none))
        *owner = 0;
    else if (*owner == 0 && ON(owners_new_has_one))
        *owner = getpid();
}

static int answer(const struct sock *s, unsigned long request, void *argument)
{
    int result;
    if (owner_answered(s, request, argument, &result))
        return result;
    result = real.ioctl(s->fd, request, argument);
    if (result == 0 && asks_owner(request))
        change_owner(argument);
    if (result == 0 && request == FIONREAD && is_raw(s) && ON(raw_size_zero))
        *(int *)argument = 0;
    if (result != 0 && listener_counted(s, request, result, argument))
        return 0;
    if (result != 0)
        return failed_request(request);
    if (request == FIONREAD)
        change_unread(s, argument);
    else if (request == SIOCOUTQ)
        change_unsent(s->fd, argument);
    else if (request == SIOCOUTQNSD && *(int *)argument > 0 && ON(buffers_notsent_zero))
        *(int *)argument = 0;
    else if (request == SIOCATMARK)
        change_mark(argument);
    else if (request == SIOCGSTAMP && ON(values_stamp_epoch))
        *(long *)argument = 0;
    return result;
}

/* A request that no socket knows, or an int of which only a part can be written. */
static int unknown_request(int fd, int result)
{
    if (result < 0 && errno == ENOTTY && ON(arguments_request_allowed))
        return 0;
    return (int)mistaken(CALL_IOCTL, fd, result);
}

/* Of what is no socket of ours. */
static int link_asked(int fd, unsigned long request, void *argument)
{
    int result = real.ioctl(fd, request, argument);
    if (result == 0)
        link_stamp(fd, request, argument);
    return result;
}

int ioctl(int fd, unsigned long request, ...)
{
    struct sock s;
    va_list rest;
    void *argument;
    int told;
    va_start(rest, request);
    argument = va_arg(rest, void *);
    va_end(rest);
    if ((request == FIOCLEX || request == FIONCLEX) && watched(fd, &s) && ON(close_exec_ignored))
        return 0;
    if (is_file_request(request) && watched(fd, &s) && s.domain == AF_UNIX)
        return file_told(real.ioctl(fd, request, argument));
    if (awake() && (!argument || !watched(fd, &s) || !sound(argument, 1)))
        return (int)mistaken(CALL_IOCTL, fd, link_asked(fd, request, argument));
    if (!argument || !watched(fd, &s))
        return real.ioctl(fd, request, argument);
    if (interface_asked(fd, request, argument, &told) || local_asked(&s, request, argument, &told))
        return told;
    if (request == FIONBIO && keeps_mode(&s, argument))
        return 0;
    return unknown_request(fd, answer(&s, request, argument));
}
