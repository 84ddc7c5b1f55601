/* Datagram boundaries that do not hold: the rest of a long datagram kept for the next call, or two joined. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mutant.h"

/* One tail at a time is enough to be noticed, and keeps the state out of the shared memory. */
static struct {
    pthread_mutex_t lock;
    uint64_t inode;
    size_t length;
    char bytes[65536];
} stash = {.lock = PTHREAD_MUTEX_INITIALIZER};

static ssize_t pour(struct incoming *in, const char *bytes, size_t length, size_t skip)
{
    size_t done = 0;
    for (size_t i = 0; i < in->msg->msg_iovlen && done < length; i++) {
        struct iovec v = in->msg->msg_iov[i];
        size_t skipped = skip < v.iov_len ? skip : v.iov_len;
        size_t take = v.iov_len - skipped < length - done ? v.iov_len - skipped : length - done;
        memcpy((char *)v.iov_base + skipped, bytes + done, take);
        skip -= skipped;
        done += take;
    }
    return (ssize_t)done;
}

/* Is true if `in` was answered from the tail of the datagram before, or from two datagrams at once. */
bool stash_take(struct incoming *in, ssize_t *n)
{
    bool mine = armed(M_receive_tail_kept) && stash.length && stash.inode == inode_of(in->s.fd);
    if (!mine)
        return false;
    pthread_mutex_lock(&stash.lock);
    *n = pour(in, stash.bytes, stash.length, 0);
    stash.length = 0;
    pthread_mutex_unlock(&stash.lock);
    return true;
}

static void wait_for_one(struct incoming *in)
{
    struct pollfd readable = {.fd = in->s.fd, .events = POLLIN};
    int saved = errno;
    if (!(in->flags & MSG_DONTWAIT) && !nonblocking(in->s.fd) && !has_timeout(in->s.fd, SO_RCVTIMEO))
        real.poll(&readable, 1, -1);
    errno = saved;
}

/* Looks at the datagram that the next call will cut, and keeps what would be lost. Reached where one was cut.
 * FIONREAD comes first, because MSG_PEEK on an empty queue would consume a pending error. */
void stash_put(struct incoming *in)
{
    ssize_t n;
    if (!armed(M_receive_tail_kept) || !is_datagram(&in->s) || (in->flags & (MSG_PEEK | MSG_ERRQUEUE)))
        return;
    wait_for_one(in);
    pthread_mutex_lock(&stash.lock);
    n = queued(in->s.fd, FIONREAD) ? real.recv(in->s.fd, stash.bytes, sizeof stash.bytes, MSG_PEEK | MSG_DONTWAIT) : 0;
    if (n > (ssize_t)in->length) {
        stash.inode = inode_of(in->s.fd);
        stash.length = (size_t)n - in->length;
        memmove(stash.bytes, stash.bytes + in->length, stash.length);
    }
    pthread_mutex_unlock(&stash.lock);
}

/* Appends the datagram that waits behind the first one, if the buffers have room. */
ssize_t joined(struct incoming *in, ssize_t n)
{
    char *next;
    ssize_t more;
    if (n <= 0 || (size_t)n >= in->length || (in->flags & (MSG_PEEK | MSG_ERRQUEUE)) || !queued(in->s.fd, FIONREAD))
        return n;
    if (!ON(receive_datagrams_joined) || !(next = malloc(in->length)))
        return n;
    more = real.recv(in->s.fd, next, in->length - (size_t)n, MSG_DONTWAIT);
    n += more > 0 ? pour(in, next, (size_t)more, (size_t)n) : 0;
    free(next);
    return n;
}
