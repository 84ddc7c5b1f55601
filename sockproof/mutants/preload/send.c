/* What is sent: flags, buffers, address and result of one outgoing message, whichever call it came by. */
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "mutant.h"

size_t total_length(const struct iovec *iov, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += iov[i].iov_len;
    return sum;
}

static bool may_block(const struct outgoing *o) { return !(o->flags & MSG_DONTWAIT) && !nonblocking(o->s.fd); }

/* The data of a SYN that follows the handshake, or that needs no cookie. */
static void change_fast_open(struct outgoing *o)
{
    if (!(o->flags & MSG_FASTOPEN))
        return;
    if (ON(flags_fastopen_without_cookie))
        set_option(o->s.fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
    if (ON(flags_fastopen_plain) && real.connect(o->s.fd, o->msg.msg_name, o->msg.msg_namelen) == 0) {
        o->flags &= ~MSG_FASTOPEN;
        o->msg.msg_name = NULL;
        o->msg.msg_namelen = 0;
    }
}

static void change_flags(struct outgoing *o)
{
    bool once = (o->flags & MSG_DONTWAIT) && !nonblocking(o->s.fd);
    if (once && ON(send_dontwait_ignored))
        o->flags &= ~MSG_DONTWAIT;
    if (once && ON(send_dontwait_sticks))
        real.fcntl(o->s.fd, F_SETFL, real.fcntl(o->s.fd, F_GETFL) | O_NONBLOCK);
    if ((o->flags & MSG_EOR) && is_inet(&o->s) && is_stream(&o->s) && ON(send_eor_ignored))
        o->flags &= ~MSG_EOR;
    if ((o->flags & MSG_ZEROCOPY) && ON(send_zerocopy_ignored))
        o->flags &= ~MSG_ZEROCOPY;
    if ((o->flags & MSG_DONTROUTE) && ON(routes_dontroute_flag_ignored))
        o->flags &= ~MSG_DONTROUTE;
    change_more(o);
    change_fast_open(o);
    if ((o->flags & MSG_MORE) && ON(send_more_ignored))
        o->flags &= ~MSG_MORE;
    if ((o->flags & MSG_OOB) && ON(send_oob_in_band))
        o->flags &= ~MSG_OOB;
    if ((o->flags & MSG_OOB) && ON(send_oob_dropped)) {
        o->unsent += o->length;
        o->msg.msg_iovlen = 0;
    }
}

static void reverse(struct iovec *iov, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct iovec kept = iov[i];
        iov[i] = iov[count - 1 - i];
        iov[count - 1 - i] = kept;
    }
}

static void lose_last(struct outgoing *o)
{
    o->msg.msg_iovlen--;
    o->unsent += o->msg.msg_iov[o->msg.msg_iovlen].iov_len;
}

/* The size of the segments of one call stays for the next ones. */
static void segments_stick(struct outgoing *o)
{
    struct cmsghdr *first = o->msg.msg_controllen ? CMSG_FIRSTHDR(&o->msg) : NULL;
    if (first && first->cmsg_level == IPPROTO_UDP && first->cmsg_type == UDP_SEGMENT && ON(send_segments_stick))
        set_option(o->s.fd, IPPROTO_UDP, UDP_SEGMENT, *(uint16_t *)CMSG_DATA(first));
}

static void change_buffers(struct outgoing *o)
{
    bool several = o->msg.msg_iovlen > 1;
    bool message = several && (o->path == BY_SENDMSG || o->path == BY_MANY);
    if (message && ON(send_buffers_first_only))
        o->msg.msg_iovlen = 1;
    if (message && ON(send_buffers_reversed))
        reverse(o->msg.msg_iov, o->msg.msg_iovlen);
    if (message && ON(send_buffers_last_lost))
        lose_last(o);
    if (several && o->path == BY_VECTOR && ON(send_writev_first_only))
        o->msg.msg_iovlen = 1;
    if (several && o->path == BY_VECTOR && ON(send_writev_reversed))
        reverse(o->msg.msg_iov, o->msg.msg_iovlen);
    if (o->msg.msg_controllen && ON(send_control_dropped))
        o->msg.msg_controllen = 0;
    control_goes(&o->msg);
    stamping_goes(&o->s, &o->msg);
    datagram_leaves(o);
    segments_stick(o);
    if (is_datagram(&o->s) && o->length > 1000 && ON(send_datagram_tail_lost)) {
        o->msg.msg_iov[o->msg.msg_iovlen - 1].iov_len--;
        o->unsent++;
    }
}

static bool bound_to_wildcard(int fd)
{
    struct sockaddr_in own = {0};
    socklen_t length = sizeof own;
    return real.getsockname(fd, (struct sockaddr *)&own, &length) == 0 && own.sin_family == AF_INET && own.sin_port
        && own.sin_addr.s_addr == INADDR_ANY;
}

/* From 127.0.0.53, whatever the route says. */
static void change_source(struct outgoing *o)
{
    struct msghdr *m = &o->msg;
    const struct sockaddr_in *to = m->msg_name;
    struct in_pktinfo source = {.ipi_spec_dst = {htonl(0x7f000035)}};
    bool local = to && m->msg_namelen >= sizeof *to && to->sin_family == AF_INET && ntohl(to->sin_addr.s_addr) >> 24 == 127;
    if (!local || !is_datagram(&o->s) || m->msg_controllen || !bound_to_wildcard(o->s.fd) || !ON(send_wildcard_other_source))
        return;
    m->msg_control = o->control;
    m->msg_controllen = CMSG_SPACE(sizeof source);
    *CMSG_FIRSTHDR(m) = (struct cmsghdr){CMSG_LEN(sizeof source), IPPROTO_IP, IP_PKTINFO};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(m)), &source, sizeof source);
}

static void change_address(struct outgoing *o)
{
    if (is_datagram(&o->s) && o->msg.msg_name && connected(o->s.fd) && ON(send_address_ignored)) {
        o->msg.msg_name = NULL;
        o->msg.msg_namelen = 0;
    }
    change_source(o);
    multicast_before_send(o);
}

/* SIGPIPE comes with the failing call, so whether it is due is learnt with the signal off, and the same call is
 * then made again as asked: a stream that fails with EPIPE fails the same way twice. */
ssize_t emit(struct outgoing *o)
{
    ssize_t n;
    do
        n = real.sendmsg(o->s.fd, &o->msg, o->flags | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR && ON(errors_eintr_sending_restarted));
    if (n >= 0 || errno != EPIPE)
        return n;
    if (!(o->flags & MSG_NOSIGNAL) && is_stream(&o->s) && ON(errors_sigpipe_process_directed)) {
        kill(getpid(), SIGPIPE);
        return fail(EPIPE);
    }
    if ((o->flags & MSG_NOSIGNAL) && is_stream(&o->s) && ON(errors_sigpipe_nosignal_ignored))
        o->flags &= ~MSG_NOSIGNAL;
    else if (!(o->flags & MSG_NOSIGNAL) && is_stream(&o->s) && ON(errors_sigpipe_missing))
        o->flags |= MSG_NOSIGNAL;
    return o->flags & MSG_NOSIGNAL ? fail(EPIPE) : real.sendmsg(o->s.fd, &o->msg, o->flags);
}

/* A short count without a reason: a stream that may block and does not fit is sent as far as it fits. Or no wait. */
static bool sent_short(struct outgoing *o, ssize_t *n)
{
    int room = option_of(o->s.fd, SOL_SOCKET, SO_SNDBUF, INT_MAX);
    bool cut, refused;
    if (!is_stream(&o->s) || !may_block(o))
        return false;
    cut = o->length > (size_t)room && ON(send_blocking_short);
    refused = ON(send_blocking_refused);
    if (!cut && !refused)
        return false;
    *n = real.sendmsg(o->s.fd, &o->msg, o->flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    return *n > 0 || refused;
}

/* A UNIX datagram for which the receiver has no room is taken all the same, and nobody sees it again. */
static bool lost_when_full(struct outgoing *o, ssize_t *n)
{
    if (o->s.domain != AF_UNIX || !is_datagram(&o->s) || !may_block(o) || !ON(send_blocking_lost))
        return false;
    *n = real.sendmsg(o->s.fd, &o->msg, o->flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (*n < 0 && errno == EAGAIN)
        *n = (ssize_t)o->length;
    return true;
}

static ssize_t partial_result(struct outgoing *o, ssize_t n)
{
    if (may_block(o)) {
        if (has_timeout(o->s.fd, SO_SNDTIMEO) && ON(timeouts_send_partial_lost))
            return fail(EAGAIN);
        return ON(errors_eintr_partial_lost) ? fail(EINTR) : n;
    }
    if (ON(send_partial_as_complete))
        return (ssize_t)o->length;
    if (ON(send_partial_one_more))
        return n + 1;
    if (ON(send_partial_one_less))
        return n - 1;
    return ON(send_partial_as_eagain) ? fail(EAGAIN) : n;
}

static bool signal_is_surplus(const struct outgoing *o, ssize_t n, int error)
{
    if (o->flags & MSG_NOSIGNAL)
        return false;
    if (n >= 0)
        return n > 0 && is_stream(&o->s) && ON(errors_sigpipe_on_success);
    if (is_datagram(&o->s))
        return (error == EPIPE || error == ECONNREFUSED) && ON(errors_sigpipe_on_datagram);
    return error == ECONNRESET && ON(errors_sigpipe_on_reset);
}

static ssize_t surplus_signal(struct outgoing *o, ssize_t n)
{
    int error = errno;
    if (!signal_is_surplus(o, n, error))
        return n;
    raise(SIGPIPE); /* directed at this thread, as the kernel does */
    errno = error;
    return n;
}

static ssize_t result_of(struct outgoing *o, ssize_t n)
{
    if (n >= 0 && o->unsent)
        n += (ssize_t)o->unsent;
    if (is_stream(&o->s) && n > 0 && (size_t)n < o->length)
        n = partial_result(o, n);
    n = rights_sent(o, n);
    n = delivery_awaited(o, n);
    n = broadcast_after_send(o, n);
    n = surplus_signal(o, n);
    return swapped_error(CALL_SEND, &o->s, n, (long)o->length);
}

static bool spares_gateways(const struct outgoing *o)
{
    return is_inet(&o->s) && ((o->flags & MSG_DONTROUTE) || option_of(o->s.fd, SOL_SOCKET, SO_DONTROUTE, 0));
}

ssize_t transmit(const struct sock *s, const struct msghdr *msg, int flags, enum path path)
{
    struct iovec iov[IOV_MAX];
    struct outgoing o = {.s = *s, .msg = *msg, .flags = flags, .path = path};
    ssize_t n;
    bool again;
    if (o.msg.msg_iovlen > IOV_MAX && ON(send_buffers_too_many_cut))
        o.msg.msg_iovlen = IOV_MAX;
    if (o.msg.msg_iovlen > IOV_MAX)
        return real.sendmsg(s->fd, msg, flags);
    memcpy(iov, msg->msg_iov, o.msg.msg_iovlen * sizeof *iov);
    o.msg.msg_iov = iov;
    o.length = total_length(iov, o.msg.msg_iovlen);
    if ((flags & MSG_CONFIRM) && is_datagram(s) && ON(send_confirm_refused))
        return fail(EINVAL);
    if (o.length == 1 && is_stream(s) && is_inet(s) && ON(send_small_never_joined))
        o.flags |= MSG_EOR;
    if ((flags & MSG_CONFIRM) && is_datagram(s) && ON(send_confirm_ignored))
        o.flags &= ~MSG_CONFIRM;
    if (!(flags & MSG_CONFIRM) && is_datagram(s) && is_inet(s) && ON(send_confirm_always))
        o.flags |= MSG_CONFIRM;
    if (is_datagram(s) && o.length == 0 && ON(send_empty_dropped))
        return 0;
    if (o.length == 0) {
        bool answered;
        n = rights_alone(&o, &answered);
        if (answered)
            return n;
    }
    if (is_stream(s) && o.length == 0 && ON(send_empty_as_byte))
        return real.send(s->fd, "", 1, flags | MSG_NOSIGNAL) == 1 ? 0 : -1;
    n = corners_unsent(&o);
    if (n)
        return fail((int)n);
    if (siblings_unsent(&o, &n))
        return n;
    change_flags(&o);
    change_buffers(&o);
    change_address(&o);
    if (s->domain == AF_UNIX && is_stream(s) && ON(cost_unix_high))
        burn(0.001);
    if (is_inet(s) && is_stream(s) && ON(cost_tcp_high))
        burn(0.01);
    if (s->domain == AF_UNIX && (o.flags & MSG_MORE) && ON(unix_more_refused))
        return fail(EOPNOTSUPP);
    if (s->domain == AF_UNIX && (o.flags & MSG_DONTWAIT) && o.length == 30000 && ON(unix_large_refused))
        return fail(EAGAIN);
    if (spares_gateways(&o) && ON(routes_dontroute_link_refused))
        return fail(ENETUNREACH);
    if (shape_refused(&o))
        return fail(EINVAL);
    if (local_send_refused(&o))
        return fail(EACCES);
    if (addressed_badly(&o, &n))
        return n;
    again = o.msg.msg_name && unix_addressing(s);
    if (!sent_short(&o, &n) && !lost_when_full(&o, &n))
        n = emit(&o);
    unix_addressed(s, again);
    siblings_sent(&o, n);
    return result_of(&o, n);
}
