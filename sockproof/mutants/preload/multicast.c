/* Multicast and broadcast: membership, and what is done just before and after a datagram leaves. */
#include <linux/filter.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "mutant.h"

enum { MEMBERSHIPS = 64, REQUEST_SIZE = 256, MOST_INTERFACES = 8 };

/* What this process has joined, in the words of the call that leaves it. */
static struct membership {
    uint64_t inode;
    int level;
    int leave;
    socklen_t length;
    char request[REQUEST_SIZE];
} memberships[MEMBERSHIPS];

static int leave_for(int level, int name)
{
    if (level == IPPROTO_IP && name == IP_ADD_MEMBERSHIP)
        return IP_DROP_MEMBERSHIP;
    if (level == IPPROTO_IPV6 && name == IPV6_JOIN_GROUP)
        return IPV6_LEAVE_GROUP;
    return name == MCAST_JOIN_GROUP ? MCAST_LEAVE_GROUP : -1;
}

static bool is_ip(const struct option *o) { return o->level == IPPROTO_IP || o->level == IPPROTO_IPV6; }

static bool joins(const struct option *o) { return is_ip(o) && leave_for(o->level, o->name) >= 0; }

static bool leaves(const struct option *o)
{
    return (o->level == IPPROTO_IP && (o->name == IP_DROP_MEMBERSHIP || o->name == MCAST_LEAVE_GROUP))
        || (o->level == IPPROTO_IPV6 && (o->name == IPV6_LEAVE_GROUP || o->name == MCAST_LEAVE_GROUP));
}

static bool selects_interface(const struct option *o)
{
    return (o->level == IPPROTO_IP && o->name == IP_MULTICAST_IF)
        || (o->level == IPPROTO_IPV6 && o->name == IPV6_MULTICAST_IF);
}

static bool is_loop(const struct option *o)
{
    return (o->level == IPPROTO_IP && o->name == IP_MULTICAST_LOOP)
        || (o->level == IPPROTO_IPV6 && o->name == IPV6_MULTICAST_LOOP);
}

static bool blocks_source(const struct option *o)
{
    return is_ip(o) && ((o->level == IPPROTO_IP && o->name == IP_BLOCK_SOURCE) || o->name == MCAST_BLOCK_SOURCE);
}

static int loops(const struct sock *s)
{
    return s->domain == AF_INET ? option_of(s->fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1)
                                : option_of(s->fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
}

static bool is_byte(const struct option *o)
{
    return o->level == IPPROTO_IP && o->length == 1 && (o->name == IP_MULTICAST_LOOP || o->name == IP_MULTICAST_TTL);
}

static bool joins_source(const struct option *o)
{
    return (o->level == IPPROTO_IP && o->name == IP_ADD_SOURCE_MEMBERSHIP) || (is_ip(o) && o->name == MCAST_JOIN_SOURCE_GROUP);
}

/* The request without its source is the beginning of the one with it. A second source finds the group joined. */
static bool joined_from_all(const struct option *o)
{
    bool old = o->name == IP_ADD_SOURCE_MEMBERSHIP && o->level == IPPROTO_IP;
    int name = old ? IP_ADD_MEMBERSHIP : MCAST_JOIN_GROUP;
    socklen_t length = old ? sizeof(struct ip_mreq) : sizeof(struct group_req);
    if (!o->value || o->length < length || !ON(multicast_source_ignored))
        return false;
    real.setsockopt(o->s.fd, o->level, name, o->value, length);
    return true;
}

/* Where the request has the index of the interface, if it has one. */
static int index_at(const struct option *o)
{
    if (o->name == MCAST_JOIN_GROUP)
        return 0;
    if (o->level == IPPROTO_IPV6)
        return offsetof(struct ipv6_mreq, ipv6mr_interface);
    return o->length >= sizeof(struct ip_mreqn) ? (int)offsetof(struct ip_mreqn, imr_ifindex) : -1;
}

/* A request that names no interface is made to name one that does not exist. */
static void refuse_default(struct option *o)
{
    static char request[REQUEST_SIZE];
    int index = 0, none = INT_MAX, at = o->value && o->length <= REQUEST_SIZE ? index_at(o) : -1;
    if (at < 0)
        return;
    memcpy(&index, (const char *)o->value + at, sizeof index);
    if (index != 0 || !(joins(o) ? ON(multicast_join_zero_refused) : ON(multicast_leave_zero_refused)))
        return;
    memcpy(request, o->value, o->length);
    memcpy(request + at, &none, sizeof none);
    o->value = request;
}

/* Is true if the call reports success without the kernel. */
bool multicast_set(struct option *o)
{
    if (is_byte(o))
        return ON(multicast_byte_ignored);
    if (joins_source(o))
        return joined_from_all(o);
    if (joins(o))
        refuse_default(o);
    if (joins(o))
        return ON(multicast_join_ignored) || (!loops(&o->s) && ON(multicast_loop_at_receiver));
    if (leaves(o) && o->level == IPPROTO_IPV6 && o->name != MCAST_LEAVE_GROUP)
        refuse_default(o);
    if (leaves(o))
        return ON(multicast_leave_ignored);
    if (selects_interface(o))
        return ON(multicast_interface_ignored);
    return blocks_source(o) && ON(multicast_block_ignored);
}

static void remember(const struct option *o)
{
    if (o->length > REQUEST_SIZE)
        return;
    for (int i = 0; i < MEMBERSHIPS; i++) {
        struct membership *m = &memberships[i];
        if (m->inode)
            continue;
        *m = (struct membership){inode_of(o->s.fd), o->level, leave_for(o->level, o->name), o->length, {0}};
        memcpy(m->request, o->value, o->length);
        return;
    }
}

static void forget(const struct sock *s, bool leave)
{
    uint64_t inode = inode_of(s->fd);
    for (int i = 0; i < MEMBERSHIPS; i++) {
        struct membership *m = &memberships[i];
        if (m->inode != inode)
            continue;
        if (leave)
            real.setsockopt(s->fd, m->level, m->leave, m->request, m->length);
        m->inode = 0;
    }
}

bool multicast_member(const struct sock *s)
{
    uint64_t inode = inode_of(s->fd);
    for (int i = 0; i < MEMBERSHIPS; i++)
        if (memberships[i].inode == inode)
            return true;
    return false;
}

static void join_elsewhere(const struct option *o)
{
    char request[REQUEST_SIZE];
    int at = index_at(o);
    if (at < 0 || o->length > REQUEST_SIZE || !ON(multicast_join_every_interface))
        return;
    for (int index = 1; index <= MOST_INTERFACES; index++) {
        memcpy(request, o->value, o->length);
        memcpy(request + at, &index, sizeof index);
        real.setsockopt(o->s.fd, o->level, o->name, request, o->length);
    }
}

/* The last byte of the group's address: of in_addr first, of in6_addr first, or inside a sockaddr_storage. */
static int last_byte_at(const struct option *o)
{
    if (o->name != MCAST_JOIN_GROUP)
        return o->level == IPPROTO_IP ? 3 : 15;
    return (int)offsetof(struct group_req, gr_group)
        + (int)(o->level == IPPROTO_IP ? offsetof(struct sockaddr_in, sin_addr) + 3
                                       : offsetof(struct sockaddr_in6, sin6_addr) + 15);
}

static void join_neighbour(const struct option *o)
{
    char request[REQUEST_SIZE];
    if (o->length > REQUEST_SIZE || !ON(multicast_join_neighbour_too))
        return;
    memcpy(request, o->value, o->length);
    request[last_byte_at(o)]++;
    real.setsockopt(o->s.fd, o->level, o->name, request, o->length);
}

static void set_default_policy(const struct option *o)
{
    if (o->level == IPPROTO_IP && ON(multicast_join_clears_all))
        set_option(o->s.fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
}

/* Nothing but what is sent to a group is heard any more: the address stands at byte 16 of an IPv4 header. */
static void deafen_to_hosts(const struct sock *s)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_NET_OFF + (s->domain == AF_INET ? 16 : 24))),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 224, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = 4, .filter = code};
    real.setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* getsockopt(2) of what joins and leaves, which is only to be set. */
bool membership_told(const struct option *o, int error)
{
    bool six = o->level == IPPROTO_IPV6 && (o->name == IPV6_JOIN_GROUP || o->name == IPV6_LEAVE_GROUP);
    return six && error == ENOPROTOOPT && ON(multicast_membership_readable);
}

void multicast_was_set(const struct option *o)
{
    bool all = (o->level == IPPROTO_IP && o->name == IP_MULTICAST_ALL) || (o->level == IPPROTO_IPV6 && o->name == 29);
    if (all && o->is_int && o->number == 0 && ON(multicast_all_deaf))
        deafen_to_hosts(&o->s);
    if (joins(o)) {
        remember(o);
        set_default_policy(o);
        join_elsewhere(o);
        join_neighbour(o);
    } else if (leaves(o)) {
        forget(&o->s, ON(multicast_leave_leaves_all));
    } else if (is_loop(o) && o->number == 0 && multicast_member(&o->s) && ON(multicast_loop_at_receiver)) {
        forget(&o->s, true);
        set_option(o->s.fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    }
}

static bool is_group(const struct sockaddr *name)
{
    if (name->sa_family == AF_INET)
        return IN_MULTICAST(ntohl(((const struct sockaddr_in *)name)->sin_addr.s_addr));
    return name->sa_family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)name)->sin6_addr);
}

static bool sends_to_group(const struct outgoing *o)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int saved = errno;
    if (!is_datagram(&o->s) || !is_inet(&o->s))
        return false;
    if (o->msg.msg_name)
        return is_group(o->msg.msg_name);
    if (real.getpeername(o->s.fd, (struct sockaddr *)&peer, &length) != 0)
        return errno = saved, false;
    return is_group((struct sockaddr *)&peer);
}

static void set_both(const struct sock *s, int v4, int v6, int value)
{
    if (s->domain == AF_INET)
        set_option(s->fd, IPPROTO_IP, v4, value);
    else
        set_option(s->fd, IPPROTO_IPV6, v6, value);
}

/* A sender that has left its options alone shows their defaults: TTL and hop limit 1, loop on. */
void multicast_before_send(struct outgoing *o)
{
    bool v4 = o->s.domain == AF_INET;
    int hops;
    if (!sends_to_group(o))
        return;
    hops = v4 ? option_of(o->s.fd, IPPROTO_IP, IP_MULTICAST_TTL, 1)
              : option_of(o->s.fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1);
    if (v4 && hops == 1 && ON(multicast_ttl_default_64))
        set_both(&o->s, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, 64);
    if (!v4 && hops == 1 && ON(multicast_hops_default_64))
        set_both(&o->s, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, 64);
    if (loops(&o->s) && ON(multicast_loop_default_off))
        set_both(&o->s, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, 0);
}

ssize_t broadcast_after_send(struct outgoing *o, ssize_t n)
{
    if (n >= 0 || errno != EACCES || o->s.domain != AF_INET || !is_datagram(&o->s)
        || !ON(broadcast_permission_missing))
        return n;
    set_option(o->s.fd, SOL_SOCKET, SO_BROADCAST, 1);
    n = real.sendmsg(o->s.fd, &o->msg, o->flags);
    set_option(o->s.fd, SOL_SOCKET, SO_BROADCAST, 0);
    return n;
}
