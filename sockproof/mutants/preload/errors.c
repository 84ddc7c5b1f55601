/* Errors that are reported as another error or as success, as one table. */
#include <netinet/in.h>
#include <stddef.h>

#include "mutant.h"

enum { AS_SUCCESS = 0, AS_ZERO = -1 }; /* AS_SUCCESS: what the call gives when all went well; AS_ZERO: 0 */

struct swap {
    enum mutant mutant;
    enum call call;
    int from;
    int to;
    bool (*when)(const struct sock *);
};

static bool is_unix(const struct sock *s) { return s->domain == AF_UNIX; }

static bool is_apart_unix(const struct sock *s) { return is_unix(s) && !connected(s->fd); }

static bool is_named_unix(const struct sock *s)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;
    int saved = errno;
    bool told = real.getsockname(s->fd, (struct sockaddr *)&own, &length) == 0;
    errno = saved;
    return told && is_unix(s) && length > sizeof own.ss_family;
}

static bool is_unnamed_unix(const struct sock *s) { return is_unix(s) && !is_named_unix(s); }

static bool is_connected_datagram(const struct sock *s) { return is_inet(s) && is_datagram(s) && connected(s->fd); }

static bool keeps_bounds(const struct sock *s) { return !is_stream(s); }

static bool is_tcp(const struct sock *s) { return is_inet(s) && is_stream(s); }

static bool is_datagram_of_inet(const struct sock *s) { return is_inet(s) && is_datagram(s); }

static bool is_opening(const struct sock *s) { return is_tcp(s) && !connected(s->fd); }

static bool waits_to_send(const struct sock *s) { return !nonblocking(s->fd) && has_timeout(s->fd, SO_SNDTIMEO); }

static bool waits_to_receive(const struct sock *s) { return !nonblocking(s->fd) && has_timeout(s->fd, SO_RCVTIMEO); }

static bool is_plain(const struct sock *s) { return !waits_to_receive(s); }

static bool has_port(const struct sock *s)
{
    struct sockaddr_in6 own = {0};
    socklen_t length = sizeof own;
    int saved = errno;
    bool named = real.getsockname(s->fd, (struct sockaddr *)&own, &length) == 0 && own.sin6_port != 0;
    errno = saved;
    return named && is_inet(s);
}

static bool is_nameless(const struct sock *s) { return is_inet(s) && !has_port(s); }

#define SWAP(name, call, from, to, when) {M_##name, CALL_##call, from, to, when}

static const struct swap swaps[] = {
    SWAP(reuse_inuse_missing, BIND, EADDRINUSE, AS_SUCCESS, is_inet),
    SWAP(reuse_inuse_as_eacces, BIND, EADDRINUSE, EACCES, is_inet),
    SWAP(reuse_unix_inuse_missing, BIND, EADDRINUSE, AS_SUCCESS, is_unix),
    SWAP(reuse_bound_again_allowed, BIND, EINVAL, AS_SUCCESS, has_port),
    SWAP(reuse_notlocal_allowed, BIND, EADDRNOTAVAIL, AS_SUCCESS, NULL),
    SWAP(bind_unix_again_allowed, BIND, EINVAL, AS_SUCCESS, is_named_unix),
    SWAP(bind_unix_permission_unchecked, BIND, EACCES, AS_SUCCESS, is_unix),
    SWAP(bind_unix_length_unchecked, BIND, EINVAL, AS_SUCCESS, is_unnamed_unix),
    SWAP(bind_invalid_allowed, BIND, EINVAL, AS_SUCCESS, is_nameless),
    SWAP(bind_family_allowed, BIND, EAFNOSUPPORT, AS_SUCCESS, is_inet),
    SWAP(bind_family_as_einval, BIND, EAFNOSUPPORT, EINVAL, is_inet),
    SWAP(bind_privileged_allowed, BIND, EACCES, AS_SUCCESS, is_inet),
    SWAP(bind_nodevice_as_einval, BIND, ENODEV, EINVAL, is_inet),
    SWAP(arguments_short_allowed, CONNECT, EINVAL, AS_SUCCESS, is_datagram),
    SWAP(connect_scope_unchecked, CONNECT, EINVAL, AS_SUCCESS, is_inet),
    SWAP(connect_nonblock_as_eagain, CONNECT, EINPROGRESS, EAGAIN, is_inet),
    SWAP(connect_nonblock_as_success, CONNECT, EINPROGRESS, AS_SUCCESS, is_inet),
    SWAP(connect_connected_allowed, CONNECT, EISCONN, AS_SUCCESS, NULL),
    SWAP(connect_pending_as_inprogress, CONNECT, EALREADY, EINPROGRESS, NULL),
    SWAP(connect_pending_as_connected, CONNECT, EALREADY, EISCONN, NULL),
    SWAP(connect_refused_as_timeout, CONNECT, ECONNREFUSED, ETIMEDOUT, is_tcp),
    SWAP(connect_refused_as_success, CONNECT, ECONNREFUSED, AS_SUCCESS, is_tcp),
    SWAP(connect_refused_as_reset, CONNECT, ECONNREFUSED, ECONNRESET, is_tcp),
    SWAP(connect_unix_missing_as_refused, CONNECT, ENOENT, ECONNREFUSED, is_unix),
    SWAP(connect_unix_refused_as_missing, CONNECT, ECONNREFUSED, ENOENT, is_unix),
    SWAP(connect_unix_full_as_inprogress, CONNECT, EAGAIN, EINPROGRESS, is_unix),
    SWAP(connect_unix_type_unchecked, CONNECT, EPROTOTYPE, AS_SUCCESS, is_unix),
    SWAP(connect_unix_permission_unchecked, CONNECT, EACCES, AS_SUCCESS, is_unix),
    SWAP(connect_unix_engaged_allowed, CONNECT, EPERM, AS_SUCCESS, is_unix),
    SWAP(connect_absent_as_refused, CONNECT, EHOSTUNREACH, ECONNREFUSED, NULL),
    SWAP(errors_timeout_connecting_as_refused, CONNECT, ETIMEDOUT, ECONNREFUSED, is_tcp),
    SWAP(connect_unreachable_as_refused, CONNECT, ENETUNREACH, ECONNREFUSED, NULL),
    SWAP(connect_family_as_einval, CONNECT, EAFNOSUPPORT, EINVAL, NULL),
    SWAP(listen_inuse_missing, LISTEN, EADDRINUSE, AS_SUCCESS, NULL),
    SWAP(listen_datagram_allowed, LISTEN, EOPNOTSUPP, AS_SUCCESS, NULL),
    SWAP(listen_unnamed_allowed, LISTEN, EINVAL, AS_SUCCESS, is_apart_unix),
    SWAP(listen_connected_allowed, LISTEN, EINVAL, AS_SUCCESS, NULL),
    SWAP(accept_empty_as_aborted, ACCEPT, EAGAIN, ECONNABORTED, is_plain),
    SWAP(accept_datagram_as_einval, ACCEPT, EOPNOTSUPP, EINVAL, NULL),
    SWAP(accept_emfile_as_enfile, ACCEPT, EMFILE, ENFILE, NULL),
    SWAP(accept_notlistening_as_eagain, ACCEPT, EINVAL, EAGAIN, NULL),
    SWAP(errors_eintr_accepting_lost, ACCEPT, EINTR, EAGAIN, NULL),
    SWAP(timeouts_accept_as_etimedout, ACCEPT, EAGAIN, ETIMEDOUT, waits_to_receive),
    SWAP(shutdown_unconnected_allowed, SHUTDOWN, ENOTCONN, AS_SUCCESS, NULL),
    SWAP(shutdown_how_unchecked, SHUTDOWN, EINVAL, AS_SUCCESS, NULL),
    SWAP(names_peer_unconnected_allowed, GETPEERNAME, ENOTCONN, AS_SUCCESS, NULL),
    SWAP(epoll_add_twice_allowed, EPOLL_CTL, EEXIST, AS_SUCCESS, NULL),
    SWAP(epoll_exclusive_unchecked, EPOLL_CTL, EINVAL, AS_SUCCESS, NULL),
    SWAP(epoll_unknown_allowed, EPOLL_CTL, ENOENT, AS_SUCCESS, NULL),
    SWAP(socket_emfile_as_enfile, SOCKET, EMFILE, ENFILE, NULL),
    SWAP(socket_family_as_einval, SOCKET, EAFNOSUPPORT, EINVAL, NULL),
    SWAP(socket_protocol_as_einval, SOCKET, EPROTONOSUPPORT, EINVAL, NULL),
    SWAP(send_toolong_accepted, SEND, EMSGSIZE, AS_SUCCESS, NULL),
    SWAP(send_toolong_as_enobufs, SEND, EMSGSIZE, ENOBUFS, NULL),
    SWAP(send_segments_unlimited, SEND, EINVAL, AS_SUCCESS, is_connected_datagram),
    SWAP(arguments_oob_sent, SEND, EOPNOTSUPP, AS_SUCCESS, is_datagram),
    SWAP(arguments_short_sent, SEND, EINVAL, AS_SUCCESS, is_datagram),
    SWAP(send_oob_records_allowed, SEND, EOPNOTSUPP, AS_SUCCESS, is_unix),
    SWAP(fastopen_pending_as_eagain, SEND, EALREADY, EAGAIN, is_tcp),
    SWAP(fastopen_disabled_as_einval, SEND, EOPNOTSUPP, EINVAL, is_tcp),
    SWAP(send_port_zero_accepted, SEND, EINVAL, AS_SUCCESS, is_datagram_of_inet),
    SWAP(send_unaddressed_accepted, SEND, EDESTADDRREQ, AS_SUCCESS, NULL),
    SWAP(send_unconnected_as_epipe, SEND, ENOTCONN, EPIPE, NULL),
    SWAP(opening_send_as_epipe, SEND, EAGAIN, EPIPE, is_opening),
    SWAP(send_full_as_enobufs, SEND, EAGAIN, ENOBUFS, is_stream),
    SWAP(send_full_as_zero, SEND, EAGAIN, AS_ZERO, is_stream),
    SWAP(send_full_as_sent, SEND, EAGAIN, AS_SUCCESS, is_datagram),
    SWAP(timeouts_send_as_etimedout, SEND, EAGAIN, ETIMEDOUT, waits_to_send),
    SWAP(errors_epipe_as_reset, SEND, EPIPE, ECONNRESET, NULL),
    SWAP(errors_epipe_as_sent, SEND, EPIPE, AS_SUCCESS, NULL),
    SWAP(errors_reset_sending_as_epipe, SEND, ECONNRESET, EPIPE, NULL),
    SWAP(errors_reset_sending_lost, SEND, ECONNRESET, AS_SUCCESS, NULL),
    SWAP(errors_refused_sending_lost, SEND, ECONNREFUSED, AS_SUCCESS, is_datagram),
    SWAP(errors_reset_unix_as_eof, RECEIVE, ECONNRESET, AS_ZERO, is_unix),
    SWAP(errors_reset_as_eof, RECEIVE, ECONNRESET, AS_ZERO, NULL),
    SWAP(errors_reset_as_epipe, RECEIVE, ECONNRESET, EPIPE, NULL),
    SWAP(errors_refused_receiving_lost, RECEIVE, ECONNREFUSED, EAGAIN, is_datagram),
    SWAP(errors_timeout_as_eof, RECEIVE, ETIMEDOUT, AS_ZERO, is_tcp),
    SWAP(errors_timeout_as_reset, RECEIVE, ETIMEDOUT, ECONNRESET, is_tcp),
    SWAP(receive_empty_as_eof, RECEIVE, EAGAIN, AS_ZERO, is_plain),
    SWAP(reading_unconnected_as_eof, RECEIVE, EINVAL, AS_ZERO, is_apart_unix),
    SWAP(receive_unconnected_as_eof, RECEIVE, ENOTCONN, AS_ZERO, NULL),
    SWAP(timeouts_receive_as_etimedout, RECEIVE, EAGAIN, ETIMEDOUT, waits_to_receive),
    SWAP(timeouts_receive_as_eof, RECEIVE, EAGAIN, AS_ZERO, waits_to_receive),
    SWAP(errors_eintr_receiving_lost, RECEIVE, EINTR, EAGAIN, NULL),
    SWAP(errors_eintr_poll_as_timeout, POLL, EINTR, AS_ZERO, NULL),
#include "swap_rules.def"
};

static bool matches(const struct swap *rule, enum call call, const struct sock *s, int error)
{
    return rule->call == call && rule->from == error && (!rule->when || rule->when(s));
}

long swapped_error(enum call call, const struct sock *s, long result, long success)
{
    if (result >= 0)
        return result;
    for (size_t i = 0; i < sizeof swaps / sizeof swaps[0]; i++) {
        if (!matches(&swaps[i], call, s, errno) || !mutant_on(swaps[i].mutant))
            continue;
        if (swaps[i].to <= 0)
            return swaps[i].to == AS_ZERO ? 0 : success;
        return fail(swaps[i].to);
    }
    return result;
}
