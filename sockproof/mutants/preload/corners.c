/* What shows in one kind of socket, or in one state of it, alone. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

enum { UNSPOKEN_LEVEL = 0x7f, FIONREAD_REQUEST = 0x541b };

/* Control messages of an IPv6 socket about a datagram of IPv4, and the bits of its class that are about congestion. */
static void message_came(const struct sock *s, struct cmsghdr *one)
{
    struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(one);
    bool six = one->cmsg_level == IPPROTO_IPV6;
    if (s->domain == AF_INET6 && one->cmsg_level == IPPROTO_IP && ON(control_mapped_lost))
        one->cmsg_level = UNSPOKEN_LEVEL;
    if (six && one->cmsg_type == IPV6_PKTINFO && IN6_IS_ADDR_V4MAPPED(&info->ipi6_addr) && ON(control_mapped_unset))
        memset(&info->ipi6_addr, 0, sizeof info->ipi6_addr);
    if (six && one->cmsg_type == IPV6_PKTINFO && IN6_IS_ADDR_MULTICAST(&info->ipi6_addr) && ON(control_group_unset))
        memset(&info->ipi6_addr, 0, sizeof info->ipi6_addr);
    if (((six && one->cmsg_type == IPV6_TCLASS) || (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_TOS))
        && ON(control_congestion_cleared))
        *CMSG_DATA(one) &= 0xfc;
}

void corners_came(const struct incoming *in)
{
    struct msghdr *msg = in->msg;
    for (struct cmsghdr *one = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL; one; one = CMSG_NXTHDR(msg, one))
        message_came(&in->s, one);
}

/* An error before anything is taken, or 0. */
int corners_unreceived(const struct incoming *in)
{
    enum { FEW = 512 };
    if (in->path != BY_SENDMSG)
        return 0;
    if (!in->msg->msg_iovlen && is_stream(&in->s) && ON(receive_no_buffers_refused))
        return EINVAL;
    return in->msg->msg_iovlen > FEW && ON(receive_buffers_few) ? EMSGSIZE : 0;
}

static bool is_instance(int fd)
{
    char path[40], name[40] = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return readlink(path, name, sizeof name - 1) > 0 && strstr(name, "eventpoll");
}

static bool passes_instance(const struct msghdr *msg)
{
    const struct cmsghdr *one = msg->msg_controllen >= CMSG_LEN(sizeof(int)) ? CMSG_FIRSTHDR(msg) : NULL;
    int fd;
    if (!one || one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS || one->cmsg_len < CMSG_LEN(sizeof fd))
        return false;
    memcpy(&fd, CMSG_DATA(one), sizeof fd);
    return is_instance(fd);
}

/* The second urgent byte of a stream is one of its bytes. */
static void second_urgent(struct outgoing *o)
{
    int64_t before;
    if (!(o->flags & MSG_OOB) || !is_inet(&o->s) || !is_stream(&o->s) || !ON(urgent_second_in_band))
        return;
    if (memo_get(&o->s, &before))
        o->flags &= ~MSG_OOB;
    memo_set(&o->s, 1);
}

/* A datagram socket that sends before it is bound has loopback for an address. */
static void bind_to_loopback(const struct sock *s)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, before = {0};
    socklen_t length = sizeof before;
    if (s->domain == AF_INET && real.getsockname(s->fd, (struct sockaddr *)&before, &length) == 0 && !before.sin_port
        && ON(send_unbound_binds_loopback))
        real.bind(s->fd, (struct sockaddr *)&own, sizeof own);
}

/* An error before anything is sent, or 0. */
int corners_unsent(struct outgoing *o)
{
    const struct sockaddr *to = o->msg.msg_name;
    bool datagram = is_datagram(&o->s) && is_inet(&o->s);
    second_urgent(o);
    if (datagram && to)
        bind_to_loopback(&o->s);
    if (datagram && (o->flags & MSG_ZEROCOPY) && ON(send_zerocopy_datagram_ignored))
        o->flags &= ~MSG_ZEROCOPY;
    if (datagram && to && o->s.domain == AF_INET && to->sa_family == AF_UNSPEC && ON(send_unspec_refused))
        return EAFNOSUPPORT;
    return o->s.domain == AF_UNIX && passes_instance(&o->msg) && ON(unix_instance_refused) ? EINVAL : 0;
}

/* A write(2) that blocks, and takes no more than this at a time; or one that raises no signal. */
void corners_write(const struct sock *s, struct iovec *iov, int *flags)
{
    enum { PIECE = 65536 };
    if (iov->iov_len > PIECE && is_stream(s) && !nonblocking(s->fd) && ON(send_write_partial))
        iov->iov_len = PIECE;
    if (s->domain == AF_UNIX && is_stream(s) && ON(errors_sigpipe_unix_write_missing))
        *flags |= MSG_NOSIGNAL;
}

/* bind(2): an abstract name that ends like a folder. */
int corners_unbound(const struct sock *s, const struct sockaddr *name, socklen_t length)
{
    const char *path = ((const struct sockaddr_un *)name)->sun_path;
    size_t room = length > sizeof name->sa_family ? length - sizeof name->sa_family : 0;
    bool slash = s->domain == AF_UNIX && room > 1 && !path[0] && path[room - 1] == '/';
    return slash && ON(unix_abstract_slash_refused) ? EISDIR : 0;
}

/* connect(2) of a UNIX socket. */
int corners_connected(const struct sock *s, const struct sockaddr *name, int result)
{
    if (s->domain != AF_UNIX || result == 0)
        return result;
    if ((errno == ELOOP || errno == ENOTDIR) && ON(unix_path_nowhere_missing))
        return fail(ENOENT);
    return errno == EINVAL && name->sa_family == AF_UNSPEC && !is_datagram(s) && ON(unix_connect_unspec_taken) ? 0 : result;
}

static bool has_duplicate(int fd)
{
    enum { LOOKED_AT = 256 };
    uint64_t own = inode_of(fd);
    for (int other = 0; other < LOOKED_AT; other++)
        if (other != fd && inode_of(other) == own)
            return true;
    return false;
}

/* close(2) of one of several descriptors of a listener. */
void corners_closing(const struct sock *s)
{
    int saved = errno;
    if (is_listener(s) && has_duplicate(s->fd) && ON(close_duplicate_ends_listener))
        real.shutdown(s->fd, SHUT_RDWR);
    errno = saved;
}

/* accept(2) of records when nobody is there, and the name of a client that has closed. */
bool corners_unaccepted(const struct sock *s)
{
    struct pollfd one = {.fd = s->fd, .events = POLLIN};
    bool waits = s->type == SOCK_SEQPACKET && !nonblocking(s->fd) && real.poll(&one, 1, 0) == 0;
    return waits && ON(accept_records_never_wait);
}

void corners_accepted(const struct sock *listener, int fd, socklen_t *length)
{
    struct pollfd one = {.fd = fd, .events = POLLRDHUP};
    int saved = errno;
    if (length && is_inet(listener) && real.poll(&one, 1, 0) == 1 && ON(accept_gone_nameless))
        *length = 0;
    errno = saved;
}

/* The bits of events that wait for a reader: of an end that others have finished. */
uint32_t corners_told(const struct sock *s, enum waiter waiter, uint32_t got)
{
    bool unread = (got & (POLLRDHUP | POLLHUP)) && is_stream(s) && queued(s->fd, FIONREAD_REQUEST);
    if (unread && (got & POLLRDHUP) && waiter == WAIT_EPOLL && ON(epoll_rdhup_when_read))
        got &= ~(uint32_t)POLLRDHUP;
    if (unread && (got & POLLHUP) && s->domain == AF_UNIX && ON(poll_hup_when_read))
        got &= ~(uint32_t)POLLHUP;
    if ((got & POLLIN) && waiter == WAIT_EPOLL && is_datagram(s) && !(got & POLLERR)
        && !queued(s->fd, FIONREAD_REQUEST) && ON(epoll_empty_unseen))
        got &= ~(uint32_t)(POLLIN | POLLRDNORM);
    return got;
}

/* fcntl(2): commands of pipes. */
int corners_command(int command, int result)
{
    bool pipes = command == F_SETPIPE_SZ || command == F_GETPIPE_SZ;
    return result < 0 && pipes && ON(arguments_pipe_command_taken) ? 65536 : result;
}

/* setsockopt(2): offsets below -1. */
bool corners_unset(const struct option *o)
{
    bool peeks = o->level == SOL_SOCKET && o->name == SO_PEEK_OFF && o->is_int && o->number < -1;
    return peeks && ON(values_peek_off_least);
}

/* setsockopt(2): what succeeds, and does nothing. */
bool corners_ignored(const struct option *o)
{
    enum { LEAVE_GROUP = 45, FREEBIND = 78, NO_COOKIE = 34 };
    bool internet = is_inet(&o->s) && (o->level == IPPROTO_IP || o->level == IPPROTO_IPV6);
    bool hops = o->name == (o->level == IPPROTO_IP ? IP_TTL : IPV6_UNICAST_HOPS);
    if (o->level == IPPROTO_IPV6 && o->name == FREEBIND && ON(values_freebind_six_ignored))
        return true;
    if (o->level == IPPROTO_TCP && o->name == NO_COOKIE && is_listener(&o->s) && ON(values_no_cookie_ignored))
        return true;
    if (internet && o->name == LEAVE_GROUP && ON(multicast_request_ignored))
        return true;
    return internet && hops && is_datagram(&o->s) && connected(o->s.fd) && ON(values_hops_connected_ignored);
}

/* getsockopt(2): whoever asks is the peer of an IP socket. */
void corners_asked(const struct option *o, void *value, socklen_t length)
{
    struct ucred own = {getpid(), getuid(), getgid()};
    if (o->level == SOL_SOCKET && o->name == SO_PEERCRED && is_inet(&o->s) && length >= sizeof own
        && ON(credentials_ip_own))
        memcpy(value, &own, sizeof own);
}
