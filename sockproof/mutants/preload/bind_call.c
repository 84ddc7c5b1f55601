/* bind(2): which address a socket gets, and who may share it. */
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

struct binding {
    struct sock s;
    struct sockaddr_storage name;
    socklen_t length;
    int reuse;
};

static struct sockaddr_in *as_v4(struct binding *b) { return (struct sockaddr_in *)&b->name; }

static struct sockaddr_in6 *as_v6(struct binding *b) { return (struct sockaddr_in6 *)&b->name; }

static bool is_wildcard(struct binding *b)
{
    if (b->name.ss_family == AF_INET)
        return as_v4(b)->sin_addr.s_addr == INADDR_ANY;
    return b->name.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&as_v6(b)->sin6_addr);
}

static bool is_group(struct binding *b)
{
    if (b->name.ss_family == AF_INET)
        return IN_MULTICAST(ntohl(as_v4(b)->sin_addr.s_addr));
    return b->name.ss_family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&as_v6(b)->sin6_addr);
}

static void set_address(struct binding *b, uint32_t v4, struct in6_addr v6)
{
    if (b->name.ss_family == AF_INET)
        as_v4(b)->sin_addr.s_addr = htonl(v4);
    else
        as_v6(b)->sin6_addr = v6;
}

static void before(struct binding *b)
{
    if (b->reuse == 0 && is_stream(&b->s) && ON(reuse_address_always))
        set_option(b->s.fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (b->reuse == 0 && is_datagram(&b->s) && ON(reuse_udp_always_shared))
        set_option(b->s.fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!is_wildcard(b) && !is_group(b) && ON(reuse_specific_as_wildcard))
        set_address(b, INADDR_ANY, in6addr_any);
    else if (is_wildcard(b) && ON(reuse_wildcard_as_loopback))
        set_address(b, INADDR_LOOPBACK, in6addr_loopback);
    if (is_group(b) && ON(reuse_group_as_wildcard))
        set_address(b, INADDR_ANY, in6addr_any);
    if (b->s.domain == AF_INET6 && is_wildcard(b) && !option_of(b->s.fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)
        && ON(reuse_v6only_always))
        set_option(b->s.fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

static int bind_again(struct binding *b)
{
    return real.bind(b->s.fd, (struct sockaddr *)&b->name, b->length);
}

static int in_use(struct binding *b)
{
    int port_shared = option_of(b->s.fd, SOL_SOCKET, SO_REUSEPORT, 0);
    if (is_wildcard(b) && ON(reuse_wildcard_conflict_missing))
        return 0;
    if (b->reuse == 1 && is_stream(&b->s) && ON(reuse_listener_shared))
        return 0;
    if (port_shared == 1 && ON(reuse_port_one_side_enough))
        return 0;
    if (!ON(reuse_inuse_moves_port))
        return fail(EADDRINUSE);
    as_v4(b)->sin_port = 0;
    return bind_again(b);
}

enum { PORTS = 64 };

/* Of two sockets on one port the one that was bound first is made the better match, by its device. */
static void prefer_first(struct binding *b)
{
    static struct { uint16_t port; int fd; } first[PORTS];
    struct sockaddr_in6 own = {0};
    socklen_t length = sizeof own;
    real.getsockname(b->s.fd, (struct sockaddr *)&own, &length);
    for (int i = 0; i < PORTS; i++) {
        if (first[i].port == own.sin6_port) {
            real.setsockopt(first[i].fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo");
            return;
        }
        if (!first[i].port) {
            first[i].port = own.sin6_port;
            first[i].fd = b->s.fd;
            return;
        }
    }
}

static void after(struct binding *b)
{
    if (b->reuse == 1 && is_datagram(&b->s) && ON(reuse_udp_first_receives))
        prefer_first(b);
    if (b->reuse == 1 && ON(reuse_address_cleared_by_bind))
        set_option(b->s.fd, SOL_SOCKET, SO_REUSEADDR, 0);
    if (is_datagram(&b->s) && b->s.domain == AF_INET && ON(multicast_all_default_off))
        set_option(b->s.fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
}

/* A port that the kernel chose and another socket still has, which this one may share by SO_REUSEADDR; 0: none. */
static uint16_t chosen_port(struct binding *b, bool remember)
{
    static struct { uint16_t port; int domain; } last;
    struct sockaddr_in6 own = {0};
    socklen_t length = sizeof own;
    if (remember) {
        real.getsockname(b->s.fd, (struct sockaddr *)&own, &length);
        last.port = own.sin6_port;
        last.domain = b->s.domain;
    }
    return last.domain == b->s.domain ? last.port : 0;
}

static bool taken(struct binding *b, uint16_t port)
{
    int probe = real.socket(b->s.domain, SOCK_STREAM, 0), result;
    as_v4(b)->sin_port = port;
    result = real.bind(probe, (struct sockaddr *)&b->name, b->length);
    real.close(probe);
    return result < 0;
}

static void share_port(struct binding *b)
{
    uint16_t port = chosen_port(b, false);
    if (!port || !taken(b, port) || !ON(bind_ephemeral_shared))
        as_v4(b)->sin_port = 0;
}

static int bind_inet(struct binding *b)
{
    bool sharing = b->reuse == 1 && is_stream(&b->s) && as_v4(b)->sin_port == 0;
    int result;
    before(b);
    if (sharing)
        share_port(b);
    result = bind_again(b);
    if (result == 0 && sharing)
        chosen_port(b, true);
    if (result == 0)
        after(b);
    else if (errno == EADDRINUSE)
        result = in_use(b);
    return result;
}

static int bind_unix(struct binding *b)
{
    struct sockaddr_un *name = (struct sockaddr_un *)&b->name;
    int result;
    if (local_bind_answered(name, b->length, &result))
        return result;
    result = bind_again(b);
    if (result == 0)
        local_was_bound(name, b->length);
    if (result == 0 || errno != EADDRINUSE || !name->sun_path[0] || !ON(reuse_unix_replaces_file))
        return result;
    unlink(name->sun_path);
    return bind_again(b);
}

int bind(int fd, const struct sockaddr *name, socklen_t length)
{
    struct binding b = {.length = length};
    int result;
    if (awake() && (!sound_name(name, length) || !watched(fd, &b.s)))
        return sound_name(name, length) && packet_bound(fd, name, length, &result)
            ? result
            : (int)mistaken(CALL_BIND, fd, link_bound(fd, real.bind(fd, name, length)));
    if (!name || !watched(fd, &b.s))
        return real.bind(fd, name, length);
    memcpy(&b.name, name, length);
    if (length >= sizeof name->sa_family && name->sa_family == AF_UNSPEC && ON(bind_unspec_refused))
        return fail(EAFNOSUPPORT);
    result = siblings_long(&b.s, length) ? EINVAL : corners_unbound(&b.s, name, length);
    if (result)
        return fail(result);
    if (bind_faulty(&b.s, name, length, &result))
        return result;
    b.reuse = option_of(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    if (is_inet(&b.s) && length >= sizeof(struct sockaddr_in) && port_answered(&b.s, (struct sockaddr *)&b.name, &result))
        return result;
    if (is_inet(&b.s) && bind_answered(&b.s, (struct sockaddr *)&b.name, &result))
        return result;
    result = is_inet(&b.s) ? bind_inet(&b) : bind_unix(&b);
    if (result == 0)
        program_bound(&b.s);
    return (int)swapped_error(CALL_BIND, &b.s, result, 0);
}
