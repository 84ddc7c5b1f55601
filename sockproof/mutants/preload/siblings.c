/* What one kind of socket does, or one call, and its sibling does not. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mutant.h"

/* Bits of msg flags that linux/socket.h leaves free. */
enum { UNDEFINED = 0x800000 | 0x8000000 };

static bool in_error(int fd)
{
    struct pollfd one = {.fd = fd};
    int saved = errno;
    real.poll(&one, 1, 0);
    errno = saved;
    return one.revents & POLLERR;
}

static bool is_local(const struct sock *s) { return s->domain == AF_UNIX; }

/* Before anything is received; is true if the call is answered with `n`. */
bool siblings_unreceived(struct incoming *in, ssize_t *n)
{
    bool peeks = (in->flags & MSG_PEEK) && !(in->flags & MSG_ERRQUEUE);
    int64_t timed_out;
    *n = -1;
    if (peeks && is_datagram(&in->s) && is_inet(&in->s) && in_error(in->s.fd) && ON(receive_peek_error_stays))
        return fail(ECONNREFUSED);
    if ((in->flags & UNDEFINED) && ON(receive_idle_flags_refused))
        return fail(EINVAL);
    if (is_local(&in->s) && !is_stream(&in->s) && (in->flags & MSG_TRUNC) && ON(receive_length_hidden))
        in->flags &= ~MSG_TRUNC;
    if (armed(M_timeouts_second_at_once) && is_stream(&in->s) && memo_get(&in->s, &timed_out))
        return fail(EAGAIN);
    return false;
}

/* The byte behind what has come. */
static void write_beyond(struct incoming *in, ssize_t n)
{
    size_t behind = (size_t)n;
    for (size_t i = 0; i < in->msg->msg_iovlen; behind -= in->msg->msg_iov[i++].iov_len)
        if (behind < in->msg->msg_iov[i].iov_len) {
            if (ON(receive_beyond_written))
                ((char *)in->msg->msg_iov[i].iov_base)[behind] ^= 1;
            return;
        }
}

static void message_came(const struct incoming *in, struct cmsghdr *one)
{
    struct timespec now_;
    bool hops = (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_TTL)
        || (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_HOPLIMIT);
    if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SO_TIMESTAMP && ON(stamping_at_reading)) {
        clock_gettime(CLOCK_REALTIME, &now_);
        *(struct timeval *)CMSG_DATA(one) = (struct timeval){now_.tv_sec, now_.tv_nsec / 1000};
    }
    if (hops && is_raw(&in->s) && ON(raw_hops_lost))
        in->msg->msg_controllen = 0;
}

/* After `n` bytes were received, or -1. */
void siblings_received(struct incoming *in, ssize_t n)
{
    int saved = errno;
    struct cmsghdr *one = n >= 0 && in->msg->msg_controllen ? CMSG_FIRSTHDR(in->msg) : NULL;
    bool all = !(in->flags & (MSG_TRUNC | MSG_PEEK | MSG_ERRQUEUE));
    if (n < 0 && errno == EAGAIN && is_stream(&in->s) && has_timeout(in->s.fd, SO_RCVTIMEO))
        memo_set(&in->s, ON(timeouts_second_at_once) ? 1 : INT64_MIN);
    if (n == 0 && armed(M_close_eof_unread_resets))
        memo_set(&in->s, END_READ);
    if (n > 0 && all)
        write_beyond(in, n);
    if (one)
        message_came(in, one);
    if (n >= 0 && in->path == BY_MANY && (in->msg->msg_flags & MSG_TRUNC) && ON(receive_many_cut_unmarked))
        in->msg->msg_flags &= ~MSG_TRUNC;
    errno = saved;
}

/* recvmsg(2) that shortens the buffers of its caller to what is in them. */
void siblings_buffers(const struct incoming *in, struct iovec *given, ssize_t n)
{
    if (n > 0 && in->path == BY_SENDMSG && in->length > (size_t)n && (size_t)n < given->iov_len
        && ON(receive_vectors_written))
        given->iov_len = (size_t)n;
}

static bool passes_nothing(const struct msghdr *msg)
{
    const struct cmsghdr *one = msg->msg_controllen >= CMSG_LEN(0) ? CMSG_FIRSTHDR(msg) : NULL;
    return one && one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_RIGHTS && one->cmsg_len == CMSG_LEN(0);
}

/* An address of IP that is given with more than its own length. */
bool siblings_long(const struct sock *s, socklen_t length)
{
    return is_inet(s) && length > sizeof(struct sockaddr_in6) && ON(names_longer_refused);
}

/* Before anything is sent; is true if the call is answered with `n`. */
bool siblings_unsent(struct outgoing *o, ssize_t *n)
{
    *n = -1;
    if (((o->flags & UNDEFINED) && ON(send_idle_flags_refused)) || (o->msg.msg_name && siblings_long(&o->s, o->msg.msg_namelen)))
        return fail(EINVAL);
    if (is_local(&o->s) && passes_nothing(&o->msg) && ON(unix_rights_none_refused))
        return fail(EINVAL);
    if (is_raw(&o->s) && (o->flags & MSG_CONFIRM) && ON(raw_confirm_refused))
        return fail(EOPNOTSUPP);
    if (o->path == BY_MANY && is_inet(&o->s) && o->msg.msg_controllen && ON(send_many_control_lost))
        o->msg.msg_controllen = 0;
    *n = 0;
    return is_raw(&o->s) && total_length(o->msg.msg_iov, o->msg.msg_iovlen) == 0 && ON(raw_nothing_unsent);
}

/* A record that nobody can read any more. */
void siblings_sent(const struct outgoing *o, ssize_t n)
{
    if (n < 0 && errno == EPIPE && o->s.type == SOCK_SEQPACKET && !(o->flags & MSG_NOSIGNAL) && ON(errors_sigpipe_records)) {
        raise(SIGPIPE);
        errno = EPIPE;
    }
}

/* write(2) of a message, in two; or of nothing, which is no message. Is true if the call is answered with `n`. */
bool siblings_written(const struct sock *s, const char *data, size_t length, ssize_t *n)
{
    if (is_stream(s))
        return false;
    if (length == 0 && is_local(s) && ON(send_write_nothing_unsent))
        return (*n = 0) == 0;
    if (length < 2 || is_listener(s) || !ON(send_write_two_messages))
        return false;
    *n = real.write(s->fd, data, 1);
    if (*n == 1 && real.write(s->fd, data + 1, length - 1) == (ssize_t)length - 1)
        *n = (ssize_t)length;
    return true;
}

/* The readiness of bands, by kind. */
uint32_t siblings_told(const struct sock *s, uint32_t asked, uint32_t got)
{
    bool tcp = is_inet(s) && is_stream(s);
    if ((got & POLLWRBAND) && is_local(s) && ON(poll_band_unix_missing))
        got &= ~(uint32_t)POLLWRBAND;
    if ((asked & POLLWRBAND) && tcp && got && ON(poll_band_tcp_told))
        got |= POLLWRBAND;
    return got;
}

/* accept(2) with a length and no address. */
void siblings_accepted(const struct sockaddr *name, socklen_t *length)
{
    if (!name && length && ON(accept_length_alone_written))
        *length = 0;
}

/* The length of a UNIX name that did not fit. */
void siblings_cut(const struct sock *s, socklen_t *length, socklen_t room)
{
    if (is_local(s) && *length > room && ON(unix_name_length_cut))
        *length = room;
}

/* Calls that mean nothing to a raw socket. */
int siblings_listened(const struct sock *s, int result)
{
    return result < 0 && errno == EOPNOTSUPP && is_raw(s) && ON(raw_listen_taken) ? 0 : result;
}

int siblings_shut(const struct sock *s, int result)
{
    return result < 0 && errno == ENOTCONN && is_raw(s) && ON(raw_shutdown_taken) ? 0 : result;
}

/* connect(2): a refusal that is told twice, and a connection that no signal tells of. */
int siblings_connected(const struct sock *s, int result)
{
    if (result < 0 && errno == ECONNREFUSED && is_stream(s) && is_inet(s) && !nonblocking(s->fd)) {
        (void)ON(errors_refusal_pending);
        memo_set(s, armed(M_errors_refusal_pending) ? ECONNREFUSED : INT64_MIN);
        errno = ECONNREFUSED;
    }
    return result;
}

/* setsockopt(2): values that are refused or ignored here and not there. */
bool siblings_unset(const struct option *o)
{
    bool reuse = o->level == SOL_SOCKET && o->name == SO_REUSEADDR;
    bool hops = o->level == IPPROTO_IPV6 && o->name == IPV6_UNICAST_HOPS && o->is_int && o->number == 0;
    return (reuse && connected(o->s.fd) && ON(values_reuse_connected_refused)) || (hops && ON(values_no_hops_refused));
}

bool siblings_taken(const struct option *o, int error)
{
    enum { HDRINCL = 3 };
    bool header = o->level == IPPROTO_IP && o->name == HDRINCL && error == ENOPROTOOPT;
    bool cut = o->level == IPPROTO_UDP && error == EINVAL && o->length < sizeof(int);
    return (header && ON(values_header_taken)) || (cut && ON(values_udp_short_taken));
}

/* getsockopt(2): memory, and lengths. */
static void memory_told(uint32_t *memory)
{
    enum { SENT = 2, QUEUED = 5, OPTIONS = 6, BACKLOG = 7 };
    if (memory[SENT] && ON(values_memory_sent_none))
        memory[SENT] = 0;
    if (memory[QUEUED] && ON(values_memory_queued_none))
        memory[QUEUED] = 0;
    if (memory[OPTIONS] && ON(values_memory_options_none))
        memory[OPTIONS] = 0;
    if (ON(values_memory_backlog_some))
        memory[BACKLOG] = 99;
}

static void info_told(struct tcp_info *info, socklen_t *length, socklen_t room)
{
    if (info->tcpi_ca_state == 0 && ON(state_info_disordered))
        info->tcpi_ca_state = 1;
    if (info->tcpi_rcv_mss && ON(state_info_rcv_mss_none))
        info->tcpi_rcv_mss = 0;
    if (room > *length && ON(state_info_length_of_room))
        *length = room;
}

void siblings_asked(const struct option *o, void *value, socklen_t *length, socklen_t room)
{
    enum { MEMINFO = 55, FIELDS = 9 };
    int64_t pending;
    bool tos = (o->level == IPPROTO_IP && o->name == IP_TOS) || (o->level == IPPROTO_IPV6 && o->name == IPV6_TCLASS);
    if (o->level == SOL_SOCKET && o->name == MEMINFO && *length == FIELDS * sizeof(uint32_t))
        memory_told(value);
    if (o->level == IPPROTO_TCP && o->name == TCP_INFO && *length >= offsetof(struct tcp_info, tcpi_unacked))
        info_told(value, length, room);
    if (tos && *(unsigned char *)value & 3 && ON(values_class_uncongested))
        *(unsigned char *)value &= 0xfc;
    if (o->level == IPPROTO_IP && room && room < sizeof(int) && *length == 1 && ON(values_byte_length_of_room))
        *length = room;
    if (o->level == SOL_SOCKET && o->name == SO_ERROR && armed(M_errors_refusal_pending) && memo_get(&o->s, &pending))
        *(int *)value = (int)pending;
}

/* Who is told of signals. */
bool siblings_owned(unsigned long request, const int *owner)
{
    bool group = (request == FIOSETOWN || request == SIOCSPGRP) && sound(owner, sizeof *owner) && *owner < 0;
    return group && ON(owners_group_by_ioctl_ignored);
}
