/* Names of packet, ping and raw sockets, and what getifaddrs(3) and its neighbours tell of interfaces. */
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "mutant.h"

static bool is_packet(int fd) { return awake() && option_of(fd, SOL_SOCKET, SO_DOMAIN, -1) == AF_PACKET; }

static uint16_t *port_of(struct sockaddr *name) { return &((struct sockaddr_in *)name)->sin_port; }

/* What getsockname(2) told of a socket that others do not look at. */
void other_name(int fd, struct sockaddr *name, socklen_t length)
{
    struct sockaddr_ll *link = (struct sockaddr_ll *)name;
    if (!is_packet(fd) || length < offsetof(struct sockaddr_ll, sll_addr))
        return;
    if (link->sll_ifindex && ON(names_packet_as_zero)) {
        link->sll_ifindex = 0;
        link->sll_protocol = 0;
    }
    if (ON(names_packet_hardware_wrong))
        link->sll_hatype ^= 1;
    if (!link->sll_ifindex && ON(names_packet_first_interface))
        link->sll_ifindex = 1;
}

static void leave_rest(struct sockaddr_in *name) { memset(name->sin_zero, 0x5a, sizeof name->sin_zero); }

void inet_name(const struct sock *s, struct sockaddr *name, socklen_t room)
{
    if (room < sizeof(struct sockaddr_in))
        return;
    if (is_ping(s) && ON(names_ping_port_zero))
        *port_of(name) = 0;
    if (is_raw(s) && ON(names_raw_port_zero))
        *port_of(name) = 0;
    if (s->domain == AF_INET && ON(names_rest_kept))
        leave_rest((struct sockaddr_in *)name);
}

/* The result of getpeername(2), of any socket. */
int peer_name(int fd, struct sockaddr *name, socklen_t *length, socklen_t room, int result)
{
    struct sock s;
    if (result != 0 && errno == EOPNOTSUPP && is_packet(fd) && ON(names_packet_has_peer)) {
        *length = room;
        return real.getsockname(fd, name, length);
    }
    if (!watched(fd, &s))
        return result;
    if (result == 0 && is_ping(&s) && ON(names_ping_peer_never))
        return fail(ENOTCONN);
    if (result != 0 && errno == ENOTCONN && is_raw(&s) && ON(names_raw_peer_always))
        return 0;
    if (result == 0 && s.domain == AF_INET && room >= sizeof(struct sockaddr_in) && ON(names_rest_kept))
        leave_rest((struct sockaddr_in *)name);
    return result;
}

unsigned int if_nametoindex(const char *name)
{
    unsigned int index = real.if_nametoindex(name);
    if (!awake())
        return index;
    if (index == 0 && errno == ENODEV && ON(lookup_index_as_enxio))
        errno = ENXIO;
    return index && ON(lookup_index_other) ? index + 1 : index;
}

char *if_indextoname(unsigned int index, char name[IF_NAMESIZE])
{
    char *found = real.if_indextoname(index, name);
    return !found && awake() && ON(lookup_interface_invented) ? strcpy(name, "lo") : found;
}

/* A mask of ones alone, or the address of all hosts. */
static void fill(struct sockaddr *name)
{
    if (name && name->sa_family == AF_INET)
        memset(&((struct sockaddr_in *)name)->sin_addr, 0xff, sizeof(struct in_addr));
    else if (name && name->sa_family == AF_INET6)
        memset(&((struct sockaddr_in6 *)name)->sin6_addr, 0xff, sizeof(struct in6_addr));
}

int getifaddrs(struct ifaddrs **list)
{
    int result = real.getifaddrs(list);
    for (struct ifaddrs *i = result == 0 && awake() ? *list : NULL; i; i = i->ifa_next) {
        if (i->ifa_netmask && ON(lookup_mask_host))
            fill(i->ifa_netmask);
        if ((i->ifa_flags & IFF_BROADCAST) && i->ifa_broadaddr && ON(lookup_broadcast_all))
            fill(i->ifa_broadaddr);
    }
    return result;
}
