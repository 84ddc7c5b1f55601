/* The calls that send: each becomes one outgoing message (see send.c). */
#include <limits.h>
#include <fcntl.h>
#include <unistd.h>

#include "mutant.h"

/* write(2) on a record socket ends the record, which sendmsg(2) must be told. */
static int flags_of_write(const struct sock *s) { return s->type == SOCK_SEQPACKET ? MSG_EOR : 0; }

/* Data that cannot be read, of which something is sent all the same. */
static bool spoiled(int fd, const void *buffer, size_t length, ssize_t *answer)
{
    if (!awake() || more_counted(fd, buffer, length, answer))
        return awake();
    *answer = -1;
    if (!send_spoiled(fd))
        return false;
    errno = EFAULT;
    return true;
}

static bool spoiled_message(int fd, const struct msghdr *msg, int flags, ssize_t *answer)
{
    const struct iovec *first;
    if (!awake() || !sound(msg, sizeof *msg) || !sound(msg->msg_iov, sizeof *msg->msg_iov))
        return false;
    first = msg->msg_iov;
    if (msg->msg_controllen && sound_vector(first, msg->msg_iovlen))
        return control_spoiled(fd, msg, flags, answer);
    return first->iov_len <= SSIZE_MAX && msg->msg_iovlen == 1 && spoiled(fd, first->iov_base, first->iov_len, answer);
}

static ssize_t mistaken_message(int fd, const struct msghdr *msg, ssize_t result)
{
    return mistaken(awake() && sound(msg, sizeof *msg) ? CALL_SEND : CALL_MESSAGE, fd, result);
}

ssize_t send(int fd, const void *buffer, size_t length, int flags)
{
    struct sock s;
    struct iovec iov = {(void *)buffer, length};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;
    if (watched(fd, &s) && sound(buffer, length))
        return transmit(&s, &msg, flags, BY_PLAIN);
    if (link_keeps(fd, length))
        return 0;
    if (destroys(fd, buffer, length, flags, &n) || diag_asks(fd, buffer, length, flags, &n))
        return n;
    return spoiled(fd, buffer, length, &n) ? n : mistaken(CALL_SEND, fd, link_sent(fd, length, real.send(fd, buffer, length, flags)));
}

ssize_t sendto(int fd, const void *buffer, size_t length, int flags, const struct sockaddr *to, socklen_t size)
{
    struct sock s;
    struct iovec iov = {(void *)buffer, length};
    struct msghdr msg = {.msg_name = (void *)to, .msg_namelen = size, .msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;
    bool named = sound_name(to, size);
    if (watched(fd, &s) && named && sound(buffer, length))
        return transmit(&s, &msg, flags, BY_PLAIN);
    if (named && spoiled(fd, buffer, length, &n))
        return n;
    return mistaken(named ? CALL_SEND : CALL_SENDTO, fd, real.sendto(fd, buffer, length, flags, to, size));
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct sock s;
    ssize_t n;
    if (watched(fd, &s) && sound_message(msg)) {
        n = transmit(&s, msg, flags, BY_SENDMSG);
        if (n < 0 && errno == EINVAL)
            (void)control_spoiled(fd, msg, flags, &n);
        return n;
    }
    return spoiled_message(fd, msg, flags, &n) ? n : mistaken_message(fd, msg, real.sendmsg(fd, msg, flags));
}

/* A batch that ends early, whose messages before are forgotten; or the rest of which is sent. */
static int mistaken_batch(int fd, struct mmsghdr *messages, unsigned int count, int sent)
{
    if (sent > 0 && sent < (int)count && awake() && ON(arguments_batch_fails))
        return fail(EFAULT);
    if (sent > 0 && sent + 1 < (int)count && awake() && ON(arguments_batch_skips))
        return sent + real.sendmmsg(fd, messages + sent + 1, count - (unsigned int)sent - 1, 0);
    return (int)mistaken_message(fd, &messages->msg_hdr, sent);
}

/* As the kernel does it: one message after the other, an error is reported only if nothing was sent. */
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
    struct sock s;
    unsigned int done;
    ssize_t sent;
    if (!watched(fd, &s) || !sound_messages(messages, count)) {
        if (count == 1 && awake() && sound(messages, sizeof *messages)
            && spoiled_message(fd, &messages->msg_hdr, flags, &sent))
            return sent < 0 ? -1 : 1;
        return mistaken_batch(fd, messages, count, real.sendmmsg(fd, messages, count, flags));
    }
    if (count > 1 && ON(cost_batch_high))
        burn(0.001);
    if (count > 1 && ON(send_many_first_only))
        count = 1;
    if (count > IOV_MAX && !ON(batches_limit_missing))
        count = IOV_MAX;
    for (done = 0; done < count; done++) {
        struct msghdr one = messages[done].msg_hdr;
        ssize_t n;
        if (done && one.msg_name && ON(send_many_to_first))
            one.msg_name = messages->msg_hdr.msg_name;
        n = transmit(&s, &one, flags, BY_MANY);
        if (n < 0 && done && is_inet(&s) && ON(batches_error_told))
            return -1;
        if (n < 0 && done && errno == EAGAIN && ON(batches_full_told))
            return -1;
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
    ssize_t n;
    int flags;
    if (watched(fd, &s) && sound(buffer, length)) {
        if (siblings_written(&s, buffer, length, &n))
            return n;
        flags = flags_of_write(&s);
        corners_write(&s, &iov, &flags);
        return transmit(&s, &msg, flags, BY_PLAIN);
    }
    return spoiled(fd, buffer, length, &n) ? n : mistaken(CALL_SEND, fd, real.write(fd, buffer, length));
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
    struct sock s;
    struct msghdr msg = {.msg_iov = (struct iovec *)iov};
    ssize_t n;
    if (awake() && (count < 0 || !watched(fd, &s) || !sound_vector(iov, (size_t)count))) {
        if (count == 1 && sound(iov, sizeof *iov) && spoiled(fd, iov->iov_base, iov->iov_len, &n))
            return n;
        return mistaken(CALL_SEND, fd, real.writev(fd, iov, count));
    }
    if (count > IOV_MAX && watched(fd, &s) && ON(send_writev_too_many_cut))
        count = IOV_MAX;
    msg.msg_iovlen = (size_t)(count < 0 ? 0 : count);
    if (count < 0 || count > IOV_MAX || !watched(fd, &s)) /* writev(2) and sendmsg(2) refuse it differently */
        return real.writev(fd, iov, count);
    return transmit(&s, &msg, flags_of_write(&s), BY_VECTOR);
}
