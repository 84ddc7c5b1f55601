/* Wrong arguments: descriptors that are none, memory that is none, lengths and numbers that nothing has.
 *
 * Such a call goes to the kernel as it is, since the other files would look at memory that is not there. What a mutant
 * makes of it is the error, as one table, or what is lost or left by the call.
 */
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mutant.h"

static bool touchable(const void *at, size_t size)
{
    char seen[2];
    struct iovec here = {seen, sizeof seen}, ends[] = {{(void *)at, 1}, {(char *)at + size - 1, 1}};
    int saved = errno;
    ssize_t n = process_vm_readv(getpid(), &here, 1, ends, 2, 0);
    bool refused = n < 0 && errno != EFAULT; /* the call itself: who may not ask takes it for granted */
    errno = saved;
    return n == sizeof seen || refused;
}

bool sound(const void *at, size_t size)
{
    if (size == 0)
        return true;
    return at && size <= SSIZE_MAX && (uintptr_t)at <= UINTPTR_MAX - size && touchable(at, size);
}

bool sound_vector(const struct iovec *iov, size_t count)
{
    size_t total = 0;
    if (count > IOV_MAX)
        return true; /* refused for their number */
    if (!sound(iov, count * sizeof *iov))
        return false;
    for (size_t i = 0; i < count; i++) {
        total += iov[i].iov_len;
        if (iov[i].iov_len > SSIZE_MAX || total > SSIZE_MAX || (count < 16 && !sound(iov[i].iov_base, iov[i].iov_len)))
            return false;
    }
    return true;
}

bool sound_message(const struct msghdr *msg)
{
    return sound(msg, sizeof *msg) && sound_vector(msg->msg_iov, msg->msg_iovlen)
        && (!msg->msg_name || ((int)msg->msg_namelen >= 0 && sound(msg->msg_name, msg->msg_namelen)))
        && sound(msg->msg_control, msg->msg_controllen);
}

bool sound_messages(const struct mmsghdr *messages, size_t count)
{
    enum { MANY = 8 }; /* a batch is sent for its price, which must not be that of looking */
    if (!sound(messages, count * sizeof *messages))
        return false;
    for (size_t i = 0; i < count && count <= MANY; i++)
        if (!sound_message(&messages[i].msg_hdr))
            return false;
    return true;
}

bool sound_name(const struct sockaddr *name, socklen_t length)
{
    return length <= sizeof(struct sockaddr_storage) && (!name || sound(name, length));
}

bool sound_room(const struct sockaddr *name, const socklen_t *length)
{
    return !name || (sound(length, sizeof *length) && (int)*length >= 0 && sound(name, *length));
}

static bool is_none(int fd)
{
    int saved = errno;
    bool none = real.fcntl(fd, F_GETFD) < 0;
    errno = saved;
    return none;
}

static bool is_path(int fd)
{
    int saved = errno, flags = real.fcntl(fd, F_GETFL);
    errno = saved;
    return flags >= 0 && (flags & O_PATH);
}

static bool is_open(int fd) { return !is_none(fd) && !is_path(fd); }

enum { ANY = ~0u, AS_SUCCESS = 0 };

struct slip {
    enum mutant mutant;
    unsigned int calls;
    int from;
    int to;
    bool (*when)(int fd);
};

#define OF(name) (1u << CALL_##name)
#define SLIP(name, calls, from, to, when) {M_arguments_##name, calls, from, to, when}

static const struct slip slips[] = {
    SLIP(closed_as_einval, ANY, EBADF, EINVAL, is_none),
    SLIP(closed_as_notsock, ANY, EBADF, ENOTSOCK, is_none),
    SLIP(closed_as_success, ANY, EBADF, AS_SUCCESS, is_none),
    SLIP(path_as_success, ANY, EBADF, AS_SUCCESS, is_path),
    SLIP(path_as_einval, ANY, EBADF, EINVAL, is_path),
    SLIP(file_as_badf, ANY, ENOTSOCK, EBADF, NULL),
    SLIP(file_as_einval, ANY, ENOTSOCK, EINVAL, NULL),
    SLIP(file_as_success, ANY, ENOTSOCK, AS_SUCCESS, NULL),
    SLIP(address_as_einval, OF(BIND) | OF(CONNECT) | OF(SENDTO), EFAULT, EINVAL, NULL),
    SLIP(address_as_success, OF(BIND) | OF(CONNECT) | OF(SENDTO), EFAULT, AS_SUCCESS, NULL),
    SLIP(long_allowed, OF(BIND) | OF(CONNECT) | OF(SENDTO), EINVAL, AS_SUCCESS, NULL),
    SLIP(long_as_toolong, OF(BIND) | OF(CONNECT) | OF(SENDTO), EINVAL, ENAMETOOLONG, NULL),
    SLIP(name_as_einval, OF(GETSOCKNAME) | OF(GETPEERNAME), EFAULT, EINVAL, NULL),
    SLIP(name_as_success, OF(GETSOCKNAME) | OF(GETPEERNAME), EFAULT, AS_SUCCESS, NULL),
    SLIP(name_negative_allowed, OF(GETSOCKNAME) | OF(GETPEERNAME), EINVAL, AS_SUCCESS, NULL),
    SLIP(data_as_einval, OF(SEND) | OF(RECEIVE), EFAULT, EINVAL, NULL),
    SLIP(message_as_einval, OF(MESSAGE), EFAULT, EINVAL, NULL),
    SLIP(send_overflow_allowed, OF(SEND), EINVAL, AS_SUCCESS, NULL),
    SLIP(receive_overflow_allowed, OF(RECEIVE), EINVAL, AS_SUCCESS, NULL),
    SLIP(option_as_einval, OF(SETSOCKOPT) | OF(GETSOCKOPT), EFAULT, EINVAL, NULL),
    SLIP(option_unwritten_told, OF(GETSOCKOPT), EFAULT, AS_SUCCESS, NULL),
    SLIP(option_negative_allowed, OF(SETSOCKOPT) | OF(GETSOCKOPT), EINVAL, AS_SUCCESS, NULL),
    SLIP(ioctl_as_einval, OF(IOCTL), EFAULT, EINVAL, NULL),
    SLIP(poll_as_einval, OF(POLL) | OF(SELECT), EFAULT, EINVAL, NULL),
    SLIP(poll_unlimited, OF(POLL), EINVAL, AS_SUCCESS, NULL),
    SLIP(select_unchecked, OF(SELECT), EINVAL, AS_SUCCESS, NULL),
    SLIP(instance_unchecked, OF(EPOLL_CTL) | OF(EPOLL_WAIT), EINVAL, AS_SUCCESS, NULL),
    SLIP(instance_as_badf, OF(EPOLL_CTL) | OF(EPOLL_WAIT), EINVAL, EBADF, NULL),
    SLIP(event_as_success, OF(EPOLL_CTL) | OF(EPOLL_WAIT), EFAULT, AS_SUCCESS, NULL),
    SLIP(direction_as_einval, OF(SENDFILE) | OF(SPLICE), EBADF, EINVAL, is_open),
};

static bool slips_here(const struct slip *rule, enum call call, int fd)
{
    return (rule->calls & 1u << call) && rule->from == errno && (!rule->when || rule->when(fd));
}

long mistaken(enum call call, int fd, long result)
{
    if (result >= 0 || !awake())
        return result;
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++)
        if (slips_here(&slips[i], call, fd) && mutant_on(slips[i].mutant))
            return slips[i].to == AS_SUCCESS ? 0 : fail(slips[i].to);
    return result;
}

/* What a call takes, leaves or does although it fails. Each is asked before the real call, and true: EFAULT. */

static void take_one(int fd)
{
    char bytes[64];
    int saved = errno;
    real.recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    errno = saved;
}

bool receive_spoiled(int fd, int flags)
{
    struct sock s;
    if (!watched(fd, &s))
        return false;
    if (is_stream(&s) && connected(fd) && queued(fd, FIONREAD) && ON(arguments_stream_lost)) {
        drain(fd);
        return true;
    }
    if (is_datagram(&s) && (flags & MSG_PEEK) && ON(arguments_peek_takes)) {
        take_one(fd);
        return true;
    }
    return is_datagram(&s) && !(flags & MSG_PEEK) && ON(arguments_datagram_kept);
}

bool sender_spoiled(int fd)
{
    struct sock s;
    return watched(fd, &s) && is_datagram(&s) && ON(arguments_sender_kept);
}

bool header_spoiled(int fd)
{
    struct sock s;
    if (!watched(fd, &s) || !is_datagram(&s) || !ON(arguments_message_takes))
        return false;
    take_one(fd);
    return true;
}

bool send_spoiled(int fd)
{
    struct sock s;
    if (!watched(fd, &s) || !connected(fd))
        return false;
    if (is_datagram(&s) && ON(arguments_datagram_sent))
        return real.send(fd, "?", 1, MSG_DONTWAIT) == 1;
    return is_stream(&s) && ON(arguments_bytes_sent) && real.send(fd, "?", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

/* All bytes are said to be sent where only the first could be read. */
bool more_counted(int fd, const void *data, size_t size, ssize_t *answer)
{
    struct sock s;
    if (!watched(fd, &s) || !is_stream(&s) || size > 4096 || !sound(data, 1) || !ON(arguments_bytes_counted))
        return false;
    real.send(fd, data, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    *answer = (ssize_t)size;
    return true;
}

int accept_mistaken(int fd, const socklen_t *length)
{
    struct sock s;
    bool negative = length && sound(length, sizeof *length) && (int)*length < 0;
    if (!watched(fd, &s) || !is_listener(&s))
        return 0;
    if (ON(arguments_accept_kept))
        return negative ? EINVAL : EFAULT;
    if (ON(arguments_accept_leaks)) /* left open: nobody is told its number */
        (void)(real.accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) >= 0);
    return armed(M_arguments_accept_leaks) ? EFAULT : 0;
}

void edge_spoiled(int epfd)
{
    struct epoll_event events[8];
    int saved = errno;
    if (ON(arguments_edge_lost))
        real.epoll_wait(epfd, events, 8, 0);
    errno = saved;
}

void event_spoiled(int epfd, int operation, int fd)
{
    struct epoll_event none = {.events = 0}, readable = {.events = EPOLLIN};
    if (operation == EPOLL_CTL_ADD && ON(arguments_event_registered))
        real.epoll_ctl(epfd, operation, fd, &readable);
    if (operation == EPOLL_CTL_MOD && ON(arguments_event_changed))
        real.epoll_ctl(epfd, operation, fd, &none);
}

void option_spoiled(int fd, int level, int name)
{
    int one = 1;
    struct sock s;
    if (watched(fd, &s) && ON(arguments_option_set))
        real.setsockopt(fd, level, name, &one, sizeof one);
}

/* The control data is left out, and the message goes. */
bool control_spoiled(int fd, const struct msghdr *msg, int flags, ssize_t *answer)
{
    struct sock s;
    struct msghdr plain;
    if (!watched(fd, &s) || !sound(msg, sizeof *msg) || !msg->msg_controllen || !sound_vector(msg->msg_iov, msg->msg_iovlen)
        || !ON(arguments_control_ignored))
        return false;
    plain = *msg;
    plain.msg_control = NULL;
    plain.msg_controllen = 0;
    *answer = real.sendmsg(fd, &plain, flags);
    return true;
}

/* A descriptor whose number nobody learns is left open. */
bool control_leaked(int fd, struct msghdr *msg, int flags, ssize_t *answer)
{
    struct sock s;
    struct msghdr roomy;
    _Alignas(struct cmsghdr) char control[256];
    if (!watched(fd, &s) || !sound(msg, sizeof *msg) || !msg->msg_controllen || sound(msg->msg_control, msg->msg_controllen)
        || !ON(arguments_control_leaks))
        return false;
    roomy = *msg;
    roomy.msg_control = control;
    roomy.msg_controllen = sizeof control;
    *answer = real.recvmsg(fd, &roomy, flags);
    return true;
}
