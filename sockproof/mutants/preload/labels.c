/* Flow labels, headers that are sent with every datagram of IPv6, and what tells of the messages of a socket. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "mutant.h"

/* Of linux/in6.h, which does not go with netinet/in.h. */
struct in6_flowlabel_req {
    struct in6_addr flr_dst;
    uint32_t flr_label;
    uint8_t flr_action, flr_share;
    uint16_t flr_flags, flr_expires, flr_linger;
    uint32_t padding;
};
enum { IPV6_FL_A_GET, IPV6_FL_A_PUT, IPV6_FL_F_CREATE = 1, IPV6_FL_F_EXCL = 2, IPV6_FL_F_REFLECT = 4 };

enum { MANAGER = 32, PKTOPTIONS4 = 9, PKTOPTIONS6 = 6, FLOWINFO_ = 11, HOPOPTS_ = 54, RTHDRDSTOPTS_ = 55, RTHDR_ = 57,
       DSTOPTS_ = 59, PKTINFO_ = 50, PATHMTU_ = 61, SMALLEST = 1280 };

static bool is_six(const struct option *o, int name) { return o->level == IPPROTO_IPV6 && o->name == name; }

static bool is_header(const struct option *o)
{
    bool of_options = o->name == HOPOPTS_ || o->name == DSTOPTS_ || o->name == RTHDRDSTOPTS_;
    return o->level == IPPROTO_IPV6 && (of_options || o->name == RTHDR_);
}

static bool is_messages(const struct option *o)
{
    return is_six(o, PKTOPTIONS6) || (o->level == IPPROTO_IP && o->name == PKTOPTIONS4);
}

/* Asking for a label: is true if it is answered without the kernel. */
static bool label_asked(struct option *o, int *result)
{
    static struct in6_flowlabel_req asked;
    memcpy(&asked, o->value, sizeof asked);
    if (asked.flr_flags & IPV6_FL_F_REFLECT)
        return ON(control_label_reflection_ignored);
    if (!(asked.flr_flags & IPV6_FL_F_CREATE) && ON(control_label_share_refused)) {
        *result = fail(EPERM);
        return true;
    }
    if (!(asked.flr_flags & IPV6_FL_F_CREATE) && ON(control_label_made_anyway))
        asked.flr_flags |= IPV6_FL_F_CREATE;
    if ((asked.flr_flags & IPV6_FL_F_EXCL) && ON(control_label_new_ignored))
        asked.flr_flags &= ~IPV6_FL_F_EXCL;
    if (asked.flr_label != 0 || ON(control_label_choice_untold))
        o->value = &asked; /* what the kernel writes back is lost */
    return false;
}

static bool label_set(struct option *o, int *result)
{
    const struct in6_flowlabel_req *asked = o->value;
    if (!is_six(o, MANAGER) || o->length < sizeof *asked)
        return false;
    if (asked->flr_action == IPV6_FL_A_PUT)
        return ON(control_label_put_ignored);
    return asked->flr_action == IPV6_FL_A_GET && label_asked(o, result);
}

/* A header that goes, and with it the others. */
static bool header_set(struct option *o)
{
    static const int all[] = {HOPOPTS_, RTHDRDSTOPTS_, RTHDR_, DSTOPTS_};
    if (!is_header(o) || o->length != 0)
        return false;
    if (ON(control_sticky_all_go))
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            real.setsockopt(o->s.fd, IPPROTO_IPV6, all[i], NULL, 0);
    return ON(control_sticky_stays);
}

/* A second socket that joins the anycast address of the first. */
static bool anycast_set(const struct option *o)
{
    static struct ipv6_mreq first;
    if (!is_six(o, IPV6_JOIN_ANYCAST) || o->length < sizeof first)
        return false;
    if (memcmp(&first, o->value, sizeof first) == 0 && ON(anycast_join_once))
        return true;
    memcpy(&first, o->value, sizeof first);
    return false;
}

/* Where datagrams of a socket come from, and a header that a routing header has to follow. */
static bool kept_set(struct option *o, int *result)
{
    static const struct in6_pktinfo nothing;
    if (is_six(o, RTHDRDSTOPTS_) && o->length && ON(control_routing_needless))
        o->name = DSTOPTS_;
    if (!is_six(o, PKTINFO_) || o->length < sizeof nothing)
        return false;
    if (is_stream(&o->s) && ON(control_pktinfo_streams_refused))
        *result = fail(EINVAL);
    return *result || (memcmp(o->value, &nothing, sizeof nothing) == 0 && ON(control_pktinfo_stays));
}

/* Is true if the call is answered without the kernel. */
bool labels_set(struct option *o, int *result)
{
    if (kept_set(o, result))
        return true;
    if (anycast_set(o))
        return true;
    if (is_six(o, PKTOPTIONS6) && ON(control_messages_not_kept))
        return true;
    return label_set(o, result) || header_set(o);
}

void labels_told(const struct option *o, void *value, socklen_t *length)
{
    if (is_header(o) && *length && ON(control_sticky_untold))
        *length = 0;
    if (is_messages(o) && *length && ON(control_messages_told_none))
        *length = 0;
    if (is_six(o, MANAGER) && ON(control_label_lease_wrong))
        ((struct in6_flowlabel_req *)value)->flr_label ^= htonl(1);
    if (is_six(o, PATHMTU_) && *length >= sizeof(struct ip6_mtuinfo) && ON(control_pathmtu_smallest))
        ((struct ip6_mtuinfo *)value)->ip6m_mtu = SMALLEST;
}

/* Is true if what the kernel has refused to tell is told all the same. */
bool labels_forgiven(const struct option *o, int error, socklen_t *length)
{
    if (error == ENOPROTOOPT && is_messages(o) && ON(control_messages_of_datagrams)) {
        *length = 0;
        return true;
    }
    if (error == ENOTCONN && is_six(o, PATHMTU_) && ON(control_pathmtu_unconnected))
        return true;
    return error == EINVAL && is_six(o, PATHMTU_) && ON(control_pathmtu_cut);
}

/* A size of fragments, told of a datagram of which nothing else is told. */
void fragments_came(const struct sock *s, struct msghdr *msg, size_t room)
{
    enum { SIZE4 = 25, SIZE6 = 77, SOME = 576 };
    int level = s->domain == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, kind = s->domain == AF_INET ? SIZE4 : SIZE6, size = SOME;
    struct cmsghdr *one = msg->msg_control;
    if (!is_datagram(s) || msg->msg_controllen || room < CMSG_SPACE(sizeof size) || option_of(s->fd, level, kind, 0) != 1)
        return;
    if (!ON(fragments_size_of_whole))
        return;
    *one = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof size), .cmsg_level = level, .cmsg_type = kind};
    memcpy(CMSG_DATA(one), &size, sizeof size);
    msg->msg_controllen = CMSG_SPACE(sizeof size);
}

/* The label with which a datagram came. */
void labels_came(struct msghdr *msg)
{
    static unsigned char datagrams;
    struct cmsghdr *one = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
    for (; one; one = CMSG_NXTHDR(msg, one)) {
        if (one->cmsg_level != IPPROTO_IPV6 || one->cmsg_type != FLOWINFO_)
            continue;
        if (ON(control_autolabel_changes))
            CMSG_DATA(one)[3] += ++datagrams;
        if (ON(control_autolabel_lower))
            CMSG_DATA(one)[1] &= 0x07;
    }
}
