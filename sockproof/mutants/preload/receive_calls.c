/* The calls that receive: each becomes one incoming message (see receive.c). */
#include <limits.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mutant.h"

/* Memory that cannot be written to, into which something is taken all the same, or nothing although it should be. */
static bool spoiled(int fd, const void *buffer, size_t length, int flags)
{
    return awake() && length <= SSIZE_MAX && !sound(buffer, length) && receive_spoiled(fd, flags);
}

ssize_t recv(int fd, void *buffer, size_t length, int flags)
{
    struct sock s;
    struct iovec iov = {buffer, length};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;
    if (!length && (flags & MSG_TRUNC) && watched(fd, &s) && !is_stream(&s) && ON(receive_trunc_empty_zero))
        return real.recv(fd, buffer, 0, flags & ~MSG_TRUNC);
    if (watched(fd, &s) && sound(buffer, length))
        return receive(&s, &msg, flags, BY_PLAIN);
    if (spoiled(fd, buffer, length, flags))
        return fail(EFAULT);
    n = real.recv(fd, buffer, length, packet_flags(fd, flags));
    diag_told(fd, buffer, n);
    return mistaken(CALL_RECEIVE, fd, link_received(fd, NULL, n));
}

/* The room in place of the length of a name that did not fit. */
static void cut_length(socklen_t *length, socklen_t room)
{
    if (room < *length && ON(receive_address_length_cut))
        *length = room;
}

ssize_t recvfrom(int fd, void *buffer, size_t length, int flags, struct sockaddr *from, socklen_t *size)
{
    struct sock s;
    struct iovec iov = {buffer, length};
    struct msghdr msg = {.msg_name = from, .msg_iov = &iov, .msg_iovlen = 1};
    socklen_t room;
    ssize_t n;
    if (awake() && (!sound(buffer, length) || !sound_room(from, size) || !watched(fd, &s))) {
        if (spoiled(fd, buffer, length, flags) || (sound(buffer, length) && sender_spoiled(fd)))
            return fail(EFAULT);
        n = link_received(fd, from, real.recvfrom(fd, buffer, length, packet_flags(fd, flags), from, size));
        msg.msg_namelen = from && sound(size, sizeof *size) ? *size : 0;
        return mistaken(CALL_RECEIVE, fd, packet_received(fd, n, &msg));
    }
    if ((from && !size) || !watched(fd, &s))
        return real.recvfrom(fd, buffer, length, flags, from, size);
    room = msg.msg_namelen = from ? *size : 0;
    n = receive(&s, &msg, flags, BY_PLAIN);
    if (n >= 0 && from && is_stream(&s) && is_inet(&s) && ON(receive_address_of_stream))
        real.getpeername(fd, from, &msg.msg_namelen);
    if (n >= 0 && from && !ON(receive_address_length_kept))
        *size = msg.msg_namelen;
    if (n >= 0 && from)
        cut_length(size, room), siblings_cut(&s, size, room);
    return n;
}

static bool message_spoiled(int fd, const struct msghdr *msg, int flags)
{
    if (!sound(msg, sizeof *msg))
        return header_spoiled(fd);
    return msg->msg_iovlen == 1 && sound(msg->msg_iov, sizeof *msg->msg_iov)
        && spoiled(fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len, flags);
}

static ssize_t mistaken_message(int fd, const struct msghdr *msg, ssize_t result)
{
    return mistaken(awake() && sound(msg, sizeof *msg) ? CALL_RECEIVE : CALL_MESSAGE, fd, result);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct sock s;
    ssize_t n;
    if (watched(fd, &s) && sound_message(msg)) {
        socklen_t room = msg->msg_namelen;
        n = receive(&s, msg, flags, BY_SENDMSG);
        if (n >= 0 && msg->msg_name)
            cut_length(&msg->msg_namelen, room);
        return n;
    }
    if (awake() && control_leaked(fd, msg, flags, &n))
        return n;
    if (awake() && message_spoiled(fd, msg, flags))
        return fail(EFAULT);
    n = real.recvmsg(fd, msg, packet_flags(fd, flags));
    return mistaken_message(fd, msg, n < 0 ? n : packet_received(fd, n, msg));
}

static int many(const struct sock *s, struct mmsghdr *messages, unsigned int count, int flags)
{
    unsigned int done;
    bool rest_at_once = flags & MSG_WAITFORONE;
    flags &= ~MSG_WAITFORONE;
    for (done = 0; done < count; done++) {
        struct msghdr *header = &messages[done].msg_hdr;
        socklen_t room = header->msg_namelen;
        ssize_t n = receive(s, header, flags, BY_MANY);
        if (n < 0 && !done && errno == ECONNREFUSED && ON(receive_many_refusal_none))
            return 0;
        if (n < 0)
            return done ? (int)done : -1;
        if (done && header->msg_controllen && ON(receive_many_control_first))
            header->msg_controllen = 0;
        if (header->msg_name && ON(receive_many_name_kept))
            header->msg_namelen = room;
        if (header->msg_flags && ON(receive_many_flags_lost))
            header->msg_flags = 0;
        if (!ON(receive_many_lengths_unset))
            messages[done].msg_len = (unsigned int)n;
        if (rest_at_once && !ON(receive_many_waitforone_ignored))
            flags |= MSG_DONTWAIT;
    }
    return (int)done;
}

/* A call with its own time limit is left to the kernel, which looks at the clock between messages; or the wait for
 * each message, too, ends at the limit. */
static int many_within(const struct sock *s, struct mmsghdr *messages, unsigned int count, int flags,
                       struct timespec *limit)
{
    struct pollfd one = {.fd = s->fd, .events = POLLIN};
    int done = 0;
    if (!ON(receive_many_limit_kept)) {
        done = real.recvmmsg(s->fd, messages, count, flags, limit);
        return done < 0 && errno == EINVAL && ON(batches_time_unchecked) ? 0 : done;
    }
    while (done < (int)count && real.ppoll(&one, 1, limit, NULL) > 0)
        if (real.recvmmsg(s->fd, messages + done, 1, flags, NULL) == 1)
            done++;
    return done ? done : fail(EAGAIN);
}

/* The error behind the first messages, forgotten. */
static int mistaken_batch(int fd, struct mmsghdr *messages, unsigned int count, int received)
{
    if (received > 0 && received < (int)count && awake() && ON(arguments_batch_error_lost))
        option_of(fd, SOL_SOCKET, SO_ERROR, 0);
    return (int)mistaken_message(fd, &messages->msg_hdr, received);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *limit)
{
    struct sock s;
    if (!watched(fd, &s) || !sound_messages(messages, count)) {
        if (awake() && count == 1 && message_spoiled(fd, &messages->msg_hdr, flags))
            return fail(EFAULT);
        return mistaken_batch(fd, messages, count, real.recvmmsg(fd, messages, count, flags, limit));
    }
    if (limit)
        return many_within(&s, messages, count, flags, limit);
    if ((flags & MSG_WAITFORONE) && ON(receive_many_waitforone_impatient))
        flags |= MSG_DONTWAIT;
    if (count > 1 && ON(receive_many_first_only))
        count = 1;
    if (count > 1 && !(flags & (MSG_WAITFORONE | MSG_DONTWAIT)) && ON(receive_many_ends_early))
        flags |= MSG_WAITFORONE;
    return many(&s, messages, count, flags);
}

/* read(2) of nothing returns 0 without looking at the socket, which recvmsg(2) would do. */
ssize_t read(int fd, void *buffer, size_t length)
{
    struct sock s;
    struct iovec iov = {buffer, length};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;
    if (!watched(fd, &s) || !sound(buffer, length)) {
        if (spoiled(fd, buffer, length, 0))
            return fail(EFAULT);
        n = mistaken(CALL_RECEIVE, fd, real.read(fd, buffer, length));
        if (awake())
            told_read(buffer, n);
        return n;
    }
    if (length && !is_stream(&s) && queued(fd, FIONREAD) > (int)length && ON(reading_rest_kept))
        return receive(&s, &msg, MSG_PEEK, BY_PLAIN);
    if (length)
        return receive(&s, &msg, is_stream(&s) && ON(reading_read_peeks) ? MSG_PEEK : 0, BY_PLAIN);
    if (ON(reading_none_refused))
        return fail(EINVAL);
    if (is_datagram(&s) && ON(reading_nothing_consumes))
        return real.recv(fd, buffer, 0, MSG_DONTWAIT);
    return real.read(fd, buffer, length);
}

ssize_t readv(int fd, const struct iovec *iov, int count)
{
    struct sock s;
    struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)(count < 0 ? 0 : count)};
    bool something;
    if (!awake())
        return real.readv(fd, iov, count);
    if (count < 0 || !sound_vector(iov, (size_t)count) || !watched(fd, &s)) {
        if (count == 1 && sound(iov, sizeof *iov) && spoiled(fd, iov->iov_base, iov->iov_len, 0))
            return fail(EFAULT);
        return mistaken(CALL_RECEIVE, fd, real.readv(fd, iov, count));
    }
    something = count > 0 && count <= IOV_MAX && total_length(iov, (size_t)count) > 0;
    return something && watched(fd, &s) ? receive(&s, &msg, 0, BY_VECTOR) : real.readv(fd, iov, count);
}

/* The checked variants that glibc's fortified headers call, with their own check. */
static void check(size_t length, size_t room)
{
    if (length > room)
        abort();
}

ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags)
{
    check(length, room);
    return recv(fd, buffer, length, flags);
}

ssize_t __recvfrom_chk(int fd, void *buffer, size_t length, size_t room, int flags, struct sockaddr *from,
                       socklen_t *size)
{
    check(length, room);
    return recvfrom(fd, buffer, length, flags, from, size);
}

ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room)
{
    check(length, room);
    return read(fd, buffer, length);
}
