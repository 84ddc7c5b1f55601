/* setsockopt(2) and getsockopt(2): which rules look at a call, and in which order. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "mutant.h"

/* IP options may be given as one byte (ip(7)), so that is read as a number as well. */
static void read_number(struct option *o)
{
    if (o->value && o->length == sizeof(int))
        memcpy(&o->number, o->value, sizeof(int));
    else if (o->value && o->length == 1)
        o->number = *(const unsigned char *)o->value;
    o->is_int = o->value && (o->length == sizeof(int) || o->length == 1);
}

void set_number(struct option *o, int number)
{
    o->number = number;
    o->value = &o->number;
    o->length = sizeof o->number;
}

/* Two keys of Fast Open cookies are 32 bytes, the one that makes new ones first. Is true if none is taken. */
static bool key_set(struct option *o)
{
    if (o->level != IPPROTO_TCP || o->name != TCP_FASTOPEN_KEY)
        return false;
    if (o->length == 32 && ON(fastopen_key_spare_dropped))
        o->length = 16;
    return ON(fastopen_key_ignored);
}

/* The key of a network: those of all networks are for one and the same. */
static void network_set(struct option *o, struct tcp_md5sig *wide)
{
    bool by_prefix = o->name == TCP_MD5SIG_EXT && wide->tcpm_flags & TCP_MD5SIG_FLAG_PREFIX;
    if (by_prefix && wide->tcpm_prefixlen <= 64 && ON(signatures_networks_alike)) {
        wide->tcpm_prefixlen = 8;
        o->value = wide;
    }
}

/* The key of a peer over the other family: it takes the place of the one before. */
static void family_set(struct option *o, const struct tcp_md5sig *wide)
{
    static struct tcp_md5sig before;
    const struct sockaddr_in6 *peer = (const void *)&wide->tcpm_addr;
    bool mapped = peer->sin6_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr);
    if (mapped && wide->tcpm_keylen && ON(signatures_families_mixed)) {
        before.tcpm_keylen = wide->tcpm_keylen;
        memcpy(before.tcpm_key, wide->tcpm_key, sizeof before.tcpm_key);
        o->value = &before;
        return;
    }
    before = *wide;
}

/* Is true for any but the first key of a socket. */
static bool first_key_stays(const struct option *o)
{
    static uint64_t keyed;
    uint64_t end = inode_of(o->s.fd);
    if (keyed == end)
        return ON(signatures_first_key_stays);
    keyed = end;
    return false;
}

/* A key for the segments of a host (struct tcp_md5sig): its length stands behind the address, flags and prefix. */
static bool signature_set(struct option *o)
{
    static struct tcp_md5sig wide;
    if (o->level != IPPROTO_TCP || (o->name != TCP_MD5SIG && o->name != TCP_MD5SIG_EXT) || o->length < sizeof wide)
        return false;
    memcpy(&wide, o->value, sizeof wide);
    network_set(o, &wide);
    family_set(o, &wide);
    if (o->name == TCP_MD5SIG_EXT)
        return false;
    if (wide.tcpm_keylen == 0)
        return ON(signatures_key_kept);
    if (first_key_stays(o))
        return true;
    if (ON(signatures_for_everybody)) {
        wide.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
        o->value = &wide;
        o->name = TCP_MD5SIG_EXT;
    }
    return ON(signatures_key_ignored);
}

/* Is true if the call is answered without the kernel. */
static bool answered(struct option *o, int *result)
{
    *result = 0;
    stamping_set(o);
    further_set(o);
    return linger_set(o) || timeout_set(o) || congestion_set(o) || sources_set(o) || raw_set(o) || multicast_set(o) || keepalive_set(o)
        || key_set(o) || labels_set(o, result)
        || signature_set(o) || program_set(o, result) || set_by_rule(o, result);
}

static int set(struct option *o)
{
    int result;
    if (o->level == SOL_SOCKET && o->name == SO_BINDTODEVICE && o->length == 0 && ON(devices_clear_ignored))
        return 0;
    if (answered(o, &result))
        return result;
    if (value_refused(o))
        return fail(EINVAL);
    result = real.setsockopt(o->s.fd, o->level, o->name, o->value, o->length);
    if (result < 0 && siblings_taken(o, errno))
        return 0;
    result = after_set(o, result);
    if (result != 0)
        result = keepalive_refused(o, errno);
    if (result == 0)
        multicast_was_set(o);
    return result;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    struct option o = {.level = level, .name = name, .value = value, .length = length};
    int result;
    if (awake() && ((int)length < 0 || !sound(value, length)))
        option_spoiled(fd, level, name);
    if (!watched(fd, &o.s) || (int)length < 0 || !sound(value, length))
        return (int)mistaken(CALL_SETSOCKOPT, fd, link_set(fd, level, name, value, length));
    read_number(&o);
    if (setting_faulty(&o, &result) || lingers_by_one(&o, &result))
        return result;
    return set(&o);
}

/* What newer options tell. */
static void change_newer(const struct option *o, void *value, socklen_t *length)
{
    enum { NETNS_COOKIE = 71 };
    static uint64_t asked;
    corners_asked(o, value, *length);
    if (o->level == SOL_SOCKET && o->name == NETNS_COOKIE && ON(values_namespace_shared))
        *(uint64_t *)value = 1;
    if (o->level == SOL_SOCKET && o->name == NETNS_COOKIE && ON(values_namespace_each))
        *(uint64_t *)value += ++asked;
    if (o->level == SOL_SOCKET && o->name == SO_PEERGROUPS && *length >= sizeof(gid_t) && ON(credentials_groups_fewer))
        *length -= sizeof(gid_t);
    if (o->level == IPPROTO_TCP && o->name == TCP_ULP && ON(values_ulp_named))
        memcpy(value, "tls", *length = sizeof "tls");
}

/* A number that counts how often it was asked for, and a value that needs more room than there is. */
static void change_special(struct option *o, void *value, socklen_t *length, socklen_t room)
{
    static uint64_t asked;
    if (o->level == SOL_SOCKET && o->name == SO_COOKIE && *length == sizeof asked && ON(values_cookie_changes))
        *(uint64_t *)value += ++asked;
    change_newer(o, value, length);
    if (*length == room && room < sizeof(int) && ON(values_room_ignored))
        *length = sizeof(int);
}

static void change_answer(struct option *o, void *value, socklen_t *length, socklen_t room)
{
    if (o->level == SOL_SOCKET && o->name == SO_LINGER && *length >= sizeof(struct linger))
        linger_get(o, value);
    else if (o->level == SOL_SOCKET && (o->name == SO_RCVTIMEO || o->name == SO_SNDTIMEO))
        timeout_get(o, value);
    else if (o->level == SOL_SOCKET && o->name == SO_PEERCRED && *length == sizeof(struct ucred))
        credentials_get(value);
    else if (o->level == IPPROTO_TCP && o->name == TCP_INFO)
        tcp_info_get(o, value, *length);
    else if (o->level == IPPROTO_TCP && o->name == TCP_CONGESTION)
        congestion_get(o, value, *length);
    else if (*length == sizeof(int)) {
        get_by_rule(o, value);
        keepalive_get(o, value);
    }
    sources_told(o, value, *length);
    labels_told(o, value, length);
    further_told(o, value, length);
    if (room > *length && ON(options_length_unreported))
        *length = room;
}

enum { SO_PEERPIDFD_ = 77 };

/* Room for less than a whole value. */
static bool refuses_room(struct option *o, int fd, socklen_t room)
{
    if (!watched(fd, &o->s) || o->level != IPPROTO_TCP)
        return false;
    if (o->name == TCP_INFO)
        return room < sizeof(struct tcp_info) && ON(options_info_refused);
    return room < sizeof(int) && ON(options_room_refused);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    struct option o = {.level = level, .name = name};
    socklen_t room = awake() && sound(length, sizeof *length) ? *length : 0;
    int result = watched(fd, &o.s) ? question_refused(&o) : 0;
    if (result)
        return fail(result);
    result = real.getsockopt(fd, level, name, value, length);
    if (result == 0 && watched(fd, &o.s) && room_needed(&o, room))
        return fail(EINVAL);
    if (result < 0 && room && room_forgiven(level, name, errno, length))
        return 0;
    if (room)
        packet_counted(fd, level, name, value, result);
    if (room >= sizeof(int) && result == 0 && sound(value, sizeof(int)))
        link_told(fd, level, name, value);
    if (result == 0 && refuses_room(&o, fd, room))
        return fail(EINVAL);
    if (result == 0 && watched(fd, &o.s) && level == SOL_SOCKET && name == SO_PEERPIDFD_)
        return credentials_pidfd(value);
    if (result < 0 && errno == ENODATA && watched(fd, &o.s) && ON(credentials_pidfd_as_einval))
        return fail(EINVAL);
    if (result < 0 && watched(fd, &o.s) && (labels_forgiven(&o, errno, length) || further_forgiven(&o, errno) || membership_told(&o, errno)))
        return 0;
    if (!watched(fd, &o.s) || (result != 0 && (errno == EFAULT || errno == EINVAL)))
        return (int)mistaken(CALL_GETSOCKOPT, fd, result);
    if (result == 0)
        change_answer(&o, value, length, room);
    if (result == 0)
        change_special(&o, value, length, room), siblings_asked(&o, value, length, room);
    return (int)swapped_error(CALL_GETSOCKOPT, &o.s, result, 0);
}
