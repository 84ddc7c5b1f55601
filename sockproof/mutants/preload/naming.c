/* Further deviations of socket(2), bind(2) and getsockname(2): of what kind a socket is, and which names it has. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "mutant.h"

int foreign_socket(int domain, int type, int protocol)
{
    struct sock s = {-1, domain, type & 0xf};
    int result;
    if (domain == AF_PACKET && s.type == SOCK_RAW && ON(socket_packet_without_header))
        type = (type & ~0xf) | SOCK_DGRAM;
    result = real.socket(domain, type, protocol);
    if (result < 0 && errno == EPERM && domain == AF_PACKET && ON(socket_packet_unprivileged))
        return real.socket(AF_INET, SOCK_DGRAM, 0);
    return (int)swapped_error(CALL_SOCKET, &s, result, 0);
}

int altered_protocol(int type, int protocol)
{
    if ((type & 0xf) == SOCK_RAW && protocol >= 200 && protocol < IPPROTO_RAW && ON(raw_protocol_other))
        return protocol - 1;
    return (type & 0xf) == SOCK_RAW && protocol == IPPROTO_RAW && ON(raw_anything_receives) ? IPPROTO_UDP : protocol;
}

int altered_type(int domain, int type, int protocol)
{
    bool inet = domain != AF_UNIX;
    touch_network(domain);
    if ((type & 0xf) == SOCK_DGRAM && protocol == 0 && ON(socket_datagram_as_stream))
        return (type & ~0xf) | SOCK_STREAM;
    if ((type & 0xf) == SOCK_STREAM && protocol == 0 && inet && ON(socket_stream_as_datagram))
        return (type & ~0xf) | SOCK_DGRAM;
    if ((type & 0xf) == SOCK_SEQPACKET && !inet && ON(socket_record_as_stream))
        return (type & ~0xf) | SOCK_STREAM;
    return type;
}

int substitute(const struct sock *s, int domain, int type, int result)
{
    int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (result < 0 && errno == EPROTONOSUPPORT && ON(socket_protocol_unchecked))
        return real.socket(domain, type, 0);
    if (result < 0 && errno == ESOCKTNOSUPPORT && ON(socket_record_over_tcp))
        return real.socket(domain, SOCK_STREAM | flags, 0);
    if (result < 0 && errno == EINVAL && ON(arguments_type_unchecked))
        return real.socket(domain, SOCK_STREAM | flags, 0);
    if (result < 0 && errno == EINVAL && ON(arguments_protocol_unchecked))
        return real.socket(domain, type, 0);
    if (result < 0 && errno == EPERM && is_raw(s) && ON(raw_create_unprivileged))
        return real.socket(domain, SOCK_DGRAM | flags, 0);
    if (result < 0 && errno == EINVAL && ON(socket_flags_unchecked))
        return real.socket(domain, s->type | flags, 0);
    return (int)swapped_error(CALL_SOCKET, s, result, 0);
}

/* A datagram to the discard port, where a UNIX socket should send nothing. */
void touch_network(int domain)
{
    struct sockaddr_in discard = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd;
    if (domain != AF_UNIX || !ON(socket_unix_sends_packets))
        return;
    fd = real.socket(AF_INET, SOCK_DGRAM, 0);
    real.sendto(fd, "x", 1, 0, (struct sockaddr *)&discard, sizeof discard);
    real.close(fd);
}

static bool has_room(const struct sock *s, socklen_t room)
{
    return room >= (s->domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

void further_inet_name(const struct sock *s, struct sockaddr *name, socklen_t room)
{
    uint16_t *port = &((struct sockaddr_in *)name)->sin_port; /* sin6_port is at the same place */
    if (!has_room(s, room))
        return;
    if (*port == 0 && ON(names_unbound_as_loopback)) {
        if (s->domain == AF_INET)
            ((struct sockaddr_in *)name)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        else
            ((struct sockaddr_in6 *)name)->sin6_addr = in6addr_loopback;
    }
    if (*port && is_datagram(s) && ON(names_sock_other_port))
        *port ^= htons(1);
    if (*port && is_listener(s) && ON(names_sock_port_host_order))
        *port = __builtin_bswap16(*port);
}

/* The interface that has this address; empty for none. `any` tells whether some interface has it. */
static void interface_of(const struct sockaddr *name, char *interface, bool *any)
{
    struct ifaddrs *list = NULL;
    bool four = name->sa_family == AF_INET;
    *any = false;
    getifaddrs(&list);
    for (struct ifaddrs *i = list; i; i = i->ifa_next) {
        const void *own = i->ifa_addr ? (four ? (void *)&((struct sockaddr_in *)i->ifa_addr)->sin_addr
                                              : (void *)&((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr) : NULL;
        const void *asked = four ? (void *)&((struct sockaddr_in *)name)->sin_addr
                                 : (void *)&((struct sockaddr_in6 *)name)->sin6_addr;
        if (!own || i->ifa_addr->sa_family != name->sa_family || memcmp(own, asked, four ? 4 : 16) != 0)
            continue;
        *any = true;
        strncpy(interface, i->ifa_name, IFNAMSIZ - 1);
    }
    freeifaddrs(list);
}

static bool is_special(const struct sockaddr *name)
{
    const struct in6_addr *six = &((const struct sockaddr_in6 *)name)->sin6_addr;
    uint32_t four = ntohl(((const struct sockaddr_in *)name)->sin_addr.s_addr);
    if (name->sa_family == AF_INET)
        return four == INADDR_ANY || four >> 24 == 127 || four >= 0xe0000000;
    return name->sa_family != AF_INET6 || IN6_IS_ADDR_UNSPECIFIED(six) || IN6_IS_ADDR_LOOPBACK(six)
        || IN6_IS_ADDR_V4MAPPED(six) || IN6_IS_ADDR_MULTICAST(six);
}

static bool outside_range(const struct sock *s, struct sockaddr *name, int *result)
{
    uint16_t *port = &((struct sockaddr_in *)name)->sin_port;
    socklen_t length = s->domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (*port != 0 || name->sa_family != s->domain || !ON(bind_ephemeral_outside))
        return false;
    for (int number = 1025; number < 1100; number++) {
        *port = htons(number);
        *result = real.bind(s->fd, name, length);
        if (*result == 0)
            return true;
    }
    *port = 0;
    return false;
}

/* Is true if bind() is answered here. */
bool bind_answered(const struct sock *s, struct sockaddr *name, int *result)
{
    char interface[IFNAMSIZ] = "";
    bool local;
    if (is_raw(s) && ON(raw_bind_ignored)) {
        *result = 0;
        return true;
    }
    if (name->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)name)->sin6_addr)
        && ((struct sockaddr_in6 *)name)->sin6_scope_id && ON(bind_scope_for_all)) {
        *result = fail(EINVAL);
        return true;
    }
    if (!is_special(name)) {
        interface_of(name, interface, &local);
        if (!local && ON(bind_notlocal_never)) {
            *result = fail(EADDRNOTAVAIL);
            return true;
        }
        if (*interface && ON(bind_device_follows))
            real.setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, interface, sizeof interface);
    }
    return outside_range(s, name, result);
}
