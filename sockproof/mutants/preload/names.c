/* socket(2), socketpair(2), getsockname(2) and getpeername(2). */
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "mutant.h"

static bool is_ours(int domain)
{
    return awake() && (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX);
}

int socket(int domain, int type, int protocol)
{
    struct sock s = {-1, domain, type & 0xf};
    int fd;
    if (!awake())
        return real.socket(domain, type, protocol);
    packet_asked(domain, &type, &protocol);
    if (domain == AF_UNSPEC && ON(socket_unspec_as_inet))
        domain = AF_INET;
    if (!is_ours(domain))
        return foreign_socket(domain, type, protocol);
    protocol = altered_protocol(type, protocol);
    type = altered_type(domain, type, protocol);
    if (protocol && is_inet(&s) && ON(socket_explicit_refused))
        return fail(EPROTONOSUPPORT);
    if ((type & SOCK_NONBLOCK) && ON(socket_nonblock_ignored))
        type &= ~SOCK_NONBLOCK;
    if ((type & SOCK_CLOEXEC) && ON(socket_cloexec_ignored))
        type &= ~SOCK_CLOEXEC;
    fd = ping_created(domain, type, protocol, real.socket(domain, type, protocol));
    fd = raw_created(domain, type, protocol, unix_created(domain, type, protocol, fd));
    fd = with_defaults(&s, substitute(&s, domain, type, fd));
    return numbered(fd, type & SOCK_CLOEXEC);
}

/* A pair of the UNIX domain in place of one that is refused, or one that goes one way only. */
static int altered_pair(int type, int ends[2], int result)
{
    int left[2];
    if (result < 0 && errno == EFAULT && ON(arguments_pair_left))
        return real.socketpair(AF_UNIX, type, 0, left) == 0 ? fail(EFAULT) : -1;
    if (result < 0 && errno == EFAULT && ON(arguments_pair_told))
        return 0;
    bool refused = result < 0 && (errno == EOPNOTSUPP || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT);
    if (refused && ON(socketpair_domain_unchecked))
        return real.socketpair(AF_UNIX, type, 0, ends);
    if (result < 0 && errno == EMFILE && ON(socketpair_limit_leaks))
        return real.fcntl(0, F_DUPFD, 0) < 0 ? fail(EMFILE) : fail(EMFILE);
    if (result == 0 && ON(socketpair_one_way))
        real.shutdown(ends[0], SHUT_RD);
    return result;
}

int socketpair(int domain, int type, int protocol, int ends[2])
{
    int kind = type & 0xf, flags = type & ~0xf;
    if (!is_ours(domain))
        return awake() ? altered_pair(type, ends, real.socketpair(domain, type, protocol, ends))
                       : real.socketpair(domain, type, protocol, ends);
    touch_network(domain);
    if ((flags & SOCK_NONBLOCK) && ON(socketpair_nonblock_ignored))
        flags &= ~SOCK_NONBLOCK;
    if ((flags & SOCK_CLOEXEC) && ON(socketpair_cloexec_ignored))
        flags &= ~SOCK_CLOEXEC;
    if (kind == SOCK_DGRAM && ON(socketpair_datagram_as_stream))
        kind = SOCK_STREAM;
    if (kind == SOCK_SEQPACKET && ON(socketpair_record_as_stream))
        kind = SOCK_STREAM;
    return altered_pair(kind | flags, ends, real.socketpair(domain, kind | flags, protocol, ends));
}

/* sin_port and sin6_port are at the same place. */
static void clear_port(struct sockaddr *name) { ((struct sockaddr_in *)name)->sin_port = 0; }

static void clear_address(struct sockaddr *name)
{
    if (name->sa_family == AF_INET)
        ((struct sockaddr_in *)name)->sin_addr.s_addr = INADDR_ANY;
    else
        ((struct sockaddr_in6 *)name)->sin6_addr = in6addr_any;
}

static void change_inet_name(const struct sock *s, struct sockaddr *name, socklen_t *length, socklen_t room)
{
    bool joined = connected(s->fd);
    further_inet_name(s, name, room);
    if (room < (s->domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)))
        return;
    if (joined && ON(names_sock_wildcard))
        clear_address(name);
    if (is_stream(s) && !is_listener(s) && ON(names_sock_port_zero))
        clear_port(name);
    if (joined && ON(names_sock_is_peer)) {
        *length = room;
        real.getpeername(s->fd, name, length);
    }
}

static void change_unix_length(socklen_t *length)
{
    if (*length == sizeof(sa_family_t) && ON(names_unix_unnamed_zero))
        *length = 0;
    else if (*length > sizeof(sa_family_t) && ON(names_unix_length_full))
        *length = sizeof(struct sockaddr_un);
}

static void change_length(socklen_t *length, socklen_t room)
{
    if (*length > room && ON(names_length_capped))
        *length = room;
}

int getsockname(int fd, struct sockaddr *name, socklen_t *length)
{
    struct sock s;
    socklen_t room = awake() && sound(length, sizeof *length) ? *length : 0;
    int result = real.getsockname(fd, name, length);
    if (result == 0 && room && awake())
        other_name(fd, name, *length < room ? *length : room);
    if (result != 0 || !watched(fd, &s))
        return (int)mistaken(CALL_GETSOCKNAME, fd, result);
    if (is_inet(&s))
        change_inet_name(&s, name, length, room), inet_name(&s, name, room);
    else
        change_unix_length(length), siblings_cut(&s, length, room);
    change_length(length, room);
    return result;
}

int getpeername(int fd, struct sockaddr *name, socklen_t *length)
{
    struct sock s;
    socklen_t room = awake() && sound(length, sizeof *length) ? *length : 0;
    int result = peer_name(fd, name, length, room, real.getpeername(fd, name, length));
    if (result != 0 && errno != ENOTCONN)
        return (int)mistaken(CALL_GETPEERNAME, fd, result);
    if (!watched(fd, &s))
        return result;
    if (result == 0)
        unix_peer(name, length, room), siblings_cut(&s, length, room);
    if (result == 0 && room >= sizeof(struct sockaddr_in) && is_inet(&s) && ON(names_peer_port_zero))
        clear_port(name);
    if (result == 0 && is_stream(&s) && is_inet(&s) && at_end_of_file(fd) && ON(names_peer_lost_after_fin))
        return fail(ENOTCONN);
    if (result == 0 && ON(names_peer_is_own)) {
        *length = room;
        return real.getsockname(fd, name, length);
    }
    return (int)swapped_error(CALL_GETPEERNAME, &s, result, 0);
}
