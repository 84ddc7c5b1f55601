/* The calls that send: each becomes one outgoing message (see send.c). */
#include <limits.h>
#include <fcntl.h>
#include <unistd.h>

#include "mutant.h"

/* write(2) on a record socket ends the record, which sendmsg(2) must be told. */
static int flags_of_write(const struct sock *s) { return s->type == SOCK_SEQPACKET ? MSG_EOR : 0; }

ssize_t send(int fd, const void *buffer, size_t length, int flags)
{
    struct sock s;
    struct iovec iov = {(void *)buffer, length};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    return watched(fd, &s) ? transmit(&s, &msg, flags, BY_PLAIN) : real.send(fd, buffer, length, flags);
}

ssize_t sendto(int fd, const void *buffer, size_t length, int flags, const struct sockaddr *to, socklen_t size)
{
    struct sock s;
    struct iovec iov = {(void *)buffer, length};
    struct msghdr msg = {.msg_name = (void *)to, .msg_namelen = size, .msg_iov = &iov, .msg_iovlen = 1};
    if (!watched(fd, &s))
        return real.sendto(fd, buffer, length, flags, to, size);
    return transmit(&s, &msg, flags, BY_PLAIN);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct sock s;
    return watched(fd, &s) ? transmit(&s, msg, flags, BY_SENDMSG) : real.sendmsg(fd, msg, flags);
}

/* As the kernel does it: one message after the other, an error is reported only if nothing was sent. */
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
    struct sock s;
    unsigned int done;
    if (!watched(fd, &s))
        return real.sendmmsg(fd, messages, count, flags);
    if (count > 1 && ON(cost_batch_high))
        burn(0.001);
    if (count > 1 && ON(send_many_first_only))
        count = 1;
    for (done = 0; done < count; done++) {
        ssize_t n = transmit(&s, &messages[done].msg_hdr, flags, BY_MANY);
        if (n < 0)
            return done ? (int)done : -1;
        if (!ON(send_many_lengths_unset))
            messages[done].msg_len = (unsigned int)n;
    }
    return (int)done;
}

ssize_t write(int fd, const void *buffer, size_t length)
{
    struct sock s;
    struct iovec iov = {(void *)buffer, length};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    return watched(fd, &s) ? transmit(&s, &msg, flags_of_write(&s), BY_PLAIN) : real.write(fd, buffer, length);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
    struct sock s;
    struct msghdr msg = {.msg_iov = (struct iovec *)iov};
    if (count > IOV_MAX && watched(fd, &s) && ON(send_writev_too_many_cut))
        count = IOV_MAX;
    msg.msg_iovlen = (size_t)(count < 0 ? 0 : count);
    if (count < 0 || count > IOV_MAX || !watched(fd, &s)) /* writev(2) and sendmsg(2) refuse it differently */
        return real.writev(fd, iov, count);
    return transmit(&s, &msg, flags_of_write(&s), BY_VECTOR);
}
