/* What is received: flags, buffers, ancillary data and result of one incoming message. */
#include <fcntl.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>

#include "mutant.h"

static void change_flags(struct incoming *in)
{
    bool once = (in->flags & MSG_DONTWAIT) && !nonblocking(in->s.fd);
    if (once && ON(receive_dontwait_ignored))
        in->flags &= ~MSG_DONTWAIT;
    if (once && ON(receive_dontwait_sticks))
        real.fcntl(in->s.fd, F_SETFL, real.fcntl(in->s.fd, F_GETFL) | O_NONBLOCK);
    if ((in->flags & MSG_PEEK) && ON(receive_peek_consumes))
        in->flags &= ~MSG_PEEK;
    if ((in->flags & MSG_OOB) && ON(receive_oob_in_band))
        in->flags &= ~MSG_OOB;
    if ((in->flags & MSG_TRUNC) && is_datagram(&in->s) && ON(receive_trunc_ignored))
        in->flags &= ~MSG_TRUNC;
    if ((in->flags & MSG_TRUNC) && is_stream(&in->s) && ON(receive_trunc_stream_copies))
        in->flags &= ~MSG_TRUNC;
    if ((in->flags & MSG_CMSG_CLOEXEC) && ON(receive_control_cloexec_ignored))
        in->flags &= ~MSG_CMSG_CLOEXEC;
}

/* MSG_WAITALL is reached only by a call that wants more than is there. */
static void change_waitall(struct incoming *in)
{
    bool all = (in->flags & MSG_WAITALL) && is_stream(&in->s);
    if (all && ON(receive_waitall_ignored))
        in->flags &= ~MSG_WAITALL;
    if (all && in->path == BY_SENDMSG && ON(receive_waitall_message_ignored))
        in->flags &= ~MSG_WAITALL;
    if (all && (in->flags & MSG_PEEK) && ON(receive_peek_waitall_ignored))
        in->flags &= ~MSG_WAITALL;
}

static void change_buffers(struct incoming *in)
{
    bool several = in->msg->msg_iovlen > 1;
    if (several && in->path != BY_VECTOR && ON(receive_buffers_first_only))
        in->msg->msg_iovlen = 1;
    if (several && in->path == BY_VECTOR && ON(receive_readv_first_only))
        in->msg->msg_iovlen = 1;
    if (several && in->path != BY_VECTOR && ON(receive_buffers_last_first)) {
        struct iovec kept = in->msg->msg_iov[0];
        in->msg->msg_iov[0] = in->msg->msg_iov[in->msg->msg_iovlen - 1];
        in->msg->msg_iov[in->msg->msg_iovlen - 1] = kept;
    }
}

/* What an earlier call left behind: a result to give again instead of asking the kernel. */
static bool remembered(struct incoming *in, ssize_t *n)
{
    int64_t left;
    if (!memo_get(&in->s, &left))
        return false;
    if (armed(M_receive_eof_once) && left == 1) {
        *n = fail(ENOTCONN);
        return true;
    }
    bool error = armed(M_errors_soerror_reported_twice) || armed(M_errors_reset_repeated);
    if (!error || left == 0)
        return false;
    memo_clear(&in->s);
    *n = fail((int)left);
    return true;
}

static ssize_t end_of_file(struct incoming *in)
{
    if (is_inet(&in->s) && connected(in->s.fd) && ON(close_eof_ends_both))
        real.shutdown(in->s.fd, SHUT_WR);
    if (ON(errors_sigpipe_on_receive))
        raise(SIGPIPE);
    if (ON(receive_eof_as_eagain))
        return fail(EAGAIN);
    if (ON(receive_eof_as_reset))
        return fail(ECONNRESET);
    if (!(in->flags & MSG_PEEK) && ON(receive_eof_once))
        memo_set(&in->s, 1);
    return 0;
}

static ssize_t datagram_result(struct incoming *in, ssize_t n)
{
    bool cut = in->msg->msg_flags & MSG_TRUNC;
    if (n == 0 && in->length > 0 && ON(receive_empty_datagram_skipped))
        return fail(EAGAIN);
    if (cut && !(in->flags & MSG_PEEK))
        (void)ON(receive_tail_kept); /* kept in boundaries.c, before the call */
    if (cut && ON(receive_cut_as_emsgsize))
        return fail(EMSGSIZE);
    if (cut && in->path != BY_PLAIN && ON(receive_cut_unmarked))
        in->msg->msg_flags &= ~MSG_TRUNC;
    if (!cut && in->path != BY_PLAIN && n == (ssize_t)in->length && ON(receive_exact_marked_cut))
        in->msg->msg_flags |= MSG_TRUNC;
    if (cut && !(in->flags & (MSG_PEEK | MSG_TRUNC)) && ON(receive_cut_counted_whole))
        n++;
    return n;
}

/* An error of the network that is told as one of the host itself. */
static void change_origin(struct incoming *in)
{
    struct cmsghdr *told = CMSG_FIRSTHDR(in->msg);
    if ((in->flags & MSG_ERRQUEUE) && told && ON(options_recverr_origin_local))
        ((struct sock_extended_err *)CMSG_DATA(told))->ee_origin = SO_EE_ORIGIN_LOCAL;
}

/* The address to which a datagram came, told as if the host had its first one only. */
static void change_arrival(struct incoming *in)
{
    struct cmsghdr *told = in->msg->msg_controllen ? CMSG_FIRSTHDR(in->msg) : NULL;
    if (told && told->cmsg_level == IPPROTO_IP && told->cmsg_type == IP_PKTINFO && ON(receive_pktinfo_first_address))
        ((struct in_pktinfo *)CMSG_DATA(told))->ipi_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (told && told->cmsg_level == IPPROTO_IPV6 && told->cmsg_type == IPV6_PKTINFO && ON(receive_pktinfo_no_interface))
        memset((char *)CMSG_DATA(told) + sizeof(struct in6_addr), 0, sizeof(int));
}

/* A reader that takes a little gets a larger buffer, so that its window opens at once. */
static void open_window(const struct incoming *in)
{
    int enough = 1 << 17;
    bool little = is_stream(&in->s) && is_inet(&in->s) && in->length > 0 && in->length < 1024;
    if (little && ON(receive_window_any_read_opens))
        real.setsockopt(in->s.fd, SOL_SOCKET, SO_RCVBUF, &enough, sizeof enough);
}

static void change_control(struct incoming *in)
{
    change_origin(in);
    change_arrival(in);
    control_came(in->msg);
    stamping_came(&in->s, in->msg);
    labels_came(in->msg);
    corners_came(in);
    fragments_came(&in->s, in->msg, in->room);
    if (in->msg->msg_controllen && ON(receive_control_lost))
        in->msg->msg_controllen = 0;
    if ((in->msg->msg_flags & MSG_CTRUNC) && ON(receive_control_cut_unmarked))
        in->msg->msg_flags &= ~MSG_CTRUNC;
    if (in->s.type == SOCK_SEQPACKET && ON(receive_eor_surplus))
        in->msg->msg_flags |= MSG_EOR;
    if ((in->msg->msg_flags & MSG_OOB) && ON(receive_oob_unmarked))
        in->msg->msg_flags &= ~MSG_OOB;
}

static void change_address(struct incoming *in)
{
    struct sockaddr_in6 *from = in->msg->msg_name; /* the port is at the same place for IPv4 */
    if (!from || !in->msg->msg_namelen)
        return;
    if (is_inet(&in->s) && ON(receive_address_wrong_port))
        from->sin6_port ^= htons(1);
    if (in->path != BY_PLAIN && ON(receive_address_length_zero))
        in->msg->msg_namelen = 0;
    if (in->s.domain == AF_UNIX)
        unix_peer(in->msg->msg_name, &in->msg->msg_namelen, in->named);
    if (in->s.domain == AF_UNIX && ON(receive_address_unix_missing))
        in->msg->msg_namelen = sizeof(sa_family_t);
}

static ssize_t stream_result(struct incoming *in, ssize_t n)
{
    bool short_of_all = (in->flags & MSG_WAITALL) && n > 0 && (size_t)n < in->length;
    if (n == 0 && in->length > 0)
        return end_of_file(in);
    if (short_of_all && ON(receive_waitall_partial_lost))
        return 0;
    if ((in->flags & MSG_OOB) && n > 0 && ON(receive_oob_refused))
        return fail(EINVAL);
    if ((in->flags & MSG_PEEK) && n > 1 && ON(receive_peek_one_byte))
        return 1;
    return n;
}

static bool waited_in_vain(const struct incoming *in)
{
    bool waits = !(in->flags & MSG_DONTWAIT) && !nonblocking(in->s.fd);
    return waits && is_stream(&in->s) && has_timeout(in->s.fd, SO_RCVTIMEO);
}

static void end_connection(const struct incoming *in)
{
    int saved = errno;
    real.shutdown(in->s.fd, SHUT_RDWR);
    errno = saved;
}

static ssize_t failure(struct incoming *in)
{
    if (errno == ECONNRESET && ON(errors_reset_repeated))
        memo_set(&in->s, ECONNRESET);
    if (errno == EAGAIN && waited_in_vain(in) && ON(timeouts_receive_ends_connection))
        end_connection(in);
    if (errno == EINVAL && (in->flags & MSG_OOB) && ON(receive_oob_absent_as_eof))
        return 0;
    return swapped_error(CALL_RECEIVE, &in->s, -1, 0);
}

static ssize_t received(struct incoming *in, ssize_t n)
{
    if (n < 0)
        return failure(in);
    manners_received(in);
    change_control(in);
    change_address(in);
    if (is_stream(&in->s))
        return stream_result(in, n);
    if (is_raw(&in->s))
        return raw_received(in, n);
    return is_datagram(&in->s) ? datagram_result(in, joined(in, ping_received(in, n))) : n;
}

ssize_t receive(const struct sock *s, struct msghdr *msg, int flags, enum path path)
{
    struct iovec iov[IOV_MAX], *given = msg->msg_iov;
    struct incoming in = {*s, msg, flags, path, 0, msg->msg_controllen, msg->msg_namelen};
    ssize_t n;
    int offset = peek_offset(&in), before = msg->msg_flags;
    size_t count = msg->msg_iovlen;
    if (count > IOV_MAX)
        return real.recvmsg(s->fd, msg, flags);
    n = corners_unreceived(&in);
    if (n)
        return fail((int)n);
    if (siblings_unreceived(&in, &n))
        return n;
    memcpy(iov, given, count * sizeof *iov);
    msg->msg_iov = iov;
    in.length = total_length(iov, count);
    change_flags(&in);
    change_waitall(&in);
    change_buffers(&in);
    open_window(&in);
    reading_before(&in);
    if (receive_faulty(&in)) {
        msg->msg_iov = given;
        return fail(EINVAL);
    }
    if (!remembered(&in, &n) && !stash_take(&in, &n)) {
        stash_put(&in);
        n = received(&in, reading_made(&in));
        siblings_received(&in, n);
        peek_after(&in, offset, n);
    }
    header_kept(&in, n, before);
    if (count)
        siblings_buffers(&in, given, n);
    msg->msg_iov = given;
    msg->msg_iovlen = count;
    return n;
}
