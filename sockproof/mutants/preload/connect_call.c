/* connect(2). */
#include "mutant.h"

/* What a blocking call would have given. */
static int completed(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    int error;
    real.poll(&one, 1, -1);
    error = option_of(fd, SOL_SOCKET, SO_ERROR, 0);
    return error ? fail(error) : 0;
}

static int without_timeout(int fd, const struct sockaddr *name, socklen_t size)
{
    struct timeval none = {0, 0}, limit;
    socklen_t length = sizeof limit;
    int result, saved;
    real.getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &length);
    real.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
    result = real.connect(fd, name, size);
    saved = errno;
    real.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    errno = saved;
    return result;
}

static bool dissolves(const struct sockaddr *name, socklen_t size)
{
    return size >= sizeof name->sa_family && name->sa_family == AF_UNSPEC;
}

/* What was shut before the association was dissolved, shut still in the next one. */
static int shut_still(const struct sock *s, int result)
{
    int64_t noted;
    if (result == 0 && memo_get(s, &noted) && noted == WAS_SHUT)
        real.shutdown(s->fd, SHUT_WR);
    return result;
}

static int connect_really(const struct sock *s, const struct sockaddr *name, socklen_t size)
{
    int result;
    if (has_timeout(s->fd, SO_SNDTIMEO) && ON(timeouts_send_ignored_by_connect))
        return without_timeout(s->fd, name, size);
    tuned_by_sending(s);
    if (is_inet(s) && is_datagram(s) && !dissolves(name, size) && connected(s->fd) && ON(connect_datagram_new_port))
        real.connect(s->fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr));
    result = real.connect(s->fd, name, size);
    if (s->domain == AF_UNIX)
        return local_connected(s, result);
    if (result < 0 && errno == EINPROGRESS && nonblocking(s->fd) && ON(connect_nonblock_waits))
        return completed(s->fd);
    return result;
}

/* A socket that was refused is closed by the call. */
static int closed_when_refused(const struct sock *s, int result)
{
    if (result < 0 && errno == ECONNREFUSED && is_inet(s) && is_stream(s) && ON(connect_refused_closes)) {
        real.close(s->fd);
        return fail(ECONNREFUSED);
    }
    return result;
}

static int with_permission(const struct sock *s, const struct sockaddr *name, socklen_t size, int result)
{
    if (result == 0 || errno != EACCES || !is_datagram(s) || s->domain != AF_INET || !ON(broadcast_connect_allowed))
        return result;
    set_option(s->fd, SOL_SOCKET, SO_BROADCAST, 1);
    result = real.connect(s->fd, name, size);
    set_option(s->fd, SOL_SOCKET, SO_BROADCAST, 0);
    return result;
}

static bool is_wildcard(const struct sock *s, const struct sockaddr *name)
{
    if (!is_inet(s) || !is_stream(s))
        return false;
    if (name->sa_family == AF_INET)
        return ((const struct sockaddr_in *)name)->sin_addr.s_addr == INADDR_ANY;
    return name->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)name)->sin6_addr);
}

static int connect_of_others(int fd, int result)
{
    return packet_connects(fd, result) ? 0 : (int)mistaken(CALL_CONNECT, fd, result);
}

/* The own name, which goes with the peer. */
static int dissolve_only(const struct sock *s, const struct sockaddr *name, socklen_t size)
{
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    int result;
    real.getsockname(s->fd, (struct sockaddr *)&own, &length);
    result = real.connect(s->fd, name, size);
    real.bind(s->fd, (struct sockaddr *)&own, length);
    return result;
}

int connect(int fd, const struct sockaddr *name, socklen_t size)
{
    struct sock s;
    int error, result;
    bool again;
    if (awake() && (!sound_name(name, size) || !watched(fd, &s)))
        return connect_of_others(fd, real.connect(fd, name, size));
    if (!name || !watched(fd, &s))
        return real.connect(fd, name, size);
    if (is_inet(&s)) {
        port_before_connect(&s);
        repair_before_connect(&s);
    }
    if (is_ping(&s) && ON(ping_connect_ignored))
        return 0;
    if (is_raw(&s) && ON(raw_connect_ignored))
        return 0;
    error = siblings_long(&s, size) ? EINVAL : connect_faulty(&s, name, size);
    if (error)
        return fail(error);
    if (is_wildcard(&s, name) && ON(routes_wildcard_unreachable))
        return fail(ENETUNREACH);
    if (dissolves(name, size) && is_datagram(&s) && ON(connect_datagram_unspec_ignored))
        return 0;
    if (dissolves(name, size) && is_datagram(&s) && is_inet(&s) && ON(connect_datagram_unspec_keeps_name))
        return dissolve_only(&s, name, size);
    if (dissolves(name, size) && finished_sending(&s) && ON(connect_stream_unspec_stays_shut))
        memo_set(&s, WAS_SHUT);
    if (dissolves(name, size) && is_stream(&s) && connected(fd) && ON(connect_stream_unspec_finishes))
        real.shutdown(fd, SHUT_RDWR);
    if (dissolves(name, size) && is_stream(&s) && ON(connect_stream_unspec_refused))
        return fail(EINVAL);
    if (!dissolves(name, size) && is_datagram(&s) && connected(fd) && ON(connect_datagram_again_refused))
        return fail(EISCONN);
    if (s.domain == AF_UNIX) {
        error = local_connect_refused((const struct sockaddr_un *)name, size);
        if (error)
            return fail(error);
    }
    again = unix_addressing(&s);
    result = with_permission(&s, name, size, connected_faulty(&s, name, connect_really(&s, name, size)));
    unix_addressed(&s, again);
    result = siblings_connected(&s, corners_connected(&s, name, result));
    if (!dissolves(name, size))
        result = shut_still(&s, result);
    return closed_when_refused(&s, (int)swapped_error(CALL_CONNECT, &s, result, 0));
}
