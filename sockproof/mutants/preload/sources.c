/* Lists of sources of a group, set, told and forgotten: IP_MSFILTER, MCAST_MSFILTER, and what changes them one by one. */
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "mutant.h"

enum { GF_HEAD = offsetof(struct group_filter, gf_slist), MSF_HEAD = offsetof(struct ip_msfilter, imsf_slist) };

static bool newer(const struct option *o)
{
    return (o->level == IPPROTO_IP || o->level == IPPROTO_IPV6) && o->name == MCAST_MSFILTER;
}

static bool older(const struct option *o) { return o->level == IPPROTO_IP && o->name == IP_MSFILTER; }

/* A group on an interface, as every request of MCAST_ begins: is false where that is none. */
static bool list_of(const struct option *o, struct group_filter *list)
{
    socklen_t length = GF_HEAD;
    int saved = errno, result;
    memset(list, 0, sizeof *list);
    if (!o->value || o->length < offsetof(struct group_filter, gf_fmode))
        return false;
    memcpy(list, o->value, offsetof(struct group_filter, gf_fmode));
    result = real.getsockopt(o->s.fd, o->level, MCAST_MSFILTER, list, &length);
    errno = saved;
    return result == 0;
}

/* What is to be set keeps the mode of the list before. */
static void keep_mode(struct option *o)
{
    static char wide[4096];
    struct group_filter before, *given = (struct group_filter *)wide;
    if (o->length > sizeof wide || !list_of(o, &before))
        return;
    memcpy(wide, o->value, o->length);
    if (given->gf_fmode == before.gf_fmode || given->gf_fmode > 1 || !ON(multicast_list_mode_kept))
        return;
    given->gf_fmode = before.gf_fmode;
    o->value = wide;
}

static bool list_set(struct option *o)
{
    const struct group_filter *given = o->value;
    if (!newer(o) || o->length < GF_HEAD)
        return false;
    if (given->gf_fmode == MCAST_INCLUDE && given->gf_numsrc == 0)
        return ON(multicast_list_nobody_kept);
    keep_mode(o);
    return ON(multicast_list_ignored);
}

/* Is true if one more or one fewer source is answered without the kernel. */
static bool source_set(struct option *o)
{
    struct group_filter before;
    if ((o->level != IPPROTO_IP && o->level != IPPROTO_IPV6) || o->length != sizeof(struct group_source_req))
        return false;
    if (!list_of(o, &before))
        return false;
    if (o->name == MCAST_BLOCK_SOURCE && before.gf_numsrc && before.gf_fmode == MCAST_EXCLUDE && ON(multicast_sources_one_alone)) {
        before.gf_numsrc = 0;
        real.setsockopt(o->s.fd, o->level, MCAST_MSFILTER, &before, GF_HEAD);
    }
    if (o->name == MCAST_JOIN_SOURCE_GROUP && before.gf_numsrc == 0 && ON(multicast_sources_join_lost))
        return true;
    return o->name == MCAST_LEAVE_SOURCE_GROUP && before.gf_numsrc == 1 && ON(multicast_sources_last_kept);
}

/* Who leaves a group of which a list was set stays, and does not join it again. */
static bool stays(const struct option *o)
{
    int64_t left = 0;
    if (older(o) && ON(multicast_list_stays))
        memo_set(&o->s, 1);
    if (o->level != IPPROTO_IP || !armed(M_multicast_list_stays) || !memo_get(&o->s, &left))
        return false;
    return o->name == IP_DROP_MEMBERSHIP || o->name == IP_ADD_MEMBERSHIP;
}

/* Is true if the call reports success without the kernel. */
bool sources_set(struct option *o) { return list_set(o) || source_set(o) || stays(o); }

void sources_told(const struct option *o, void *value, socklen_t length)
{
    bool wide = newer(o) && length >= GF_HEAD, narrow = older(o) && length >= MSF_HEAD;
    uint32_t *numbers = (uint32_t *)((char *)value + (wide ? offsetof(struct group_filter, gf_fmode) : 8));
    if (!wide && !narrow)
        return;
    if (ON(multicast_list_mode_reversed))
        numbers[0] = !numbers[0];
    if (wide && ON(multicast_list_counts_told))
        numbers[1] = (length - GF_HEAD) / sizeof(struct sockaddr_storage);
}
