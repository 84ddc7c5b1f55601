/* Control messages that say something else, as one table: which mutant, of which level and type. */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>

#include "mutant.h"

struct control {
    enum mutant mutant;
    int level;
    int type;
    size_t at; /* the byte that is turned over; WHOLE: the message is lost */
};

enum { WHOLE = 4096, WIDER = 8192 }; /* WIDER: three bytes more are told than there are */

#define CAME(name, level, type, at) {M_##name, level, type, at},
#define GOES(name, level, type, at)
static const struct control coming[] = {
#include "control_rules.def"
};
#undef CAME
#undef GOES
#define CAME(name, level, type, at)
#define GOES(name, level, type, at) {M_##name, level, type, at},
static const struct control going[] = {
#include "control_rules.def"
};

static void change(const struct control *c, struct cmsghdr *one)
{
    size_t size = one->cmsg_len - CMSG_LEN(0);
    if (c->level != one->cmsg_level || c->type != one->cmsg_type || (c->at < WHOLE && c->at >= size))
        return;
    if (!mutant_on(c->mutant))
        return;
    if (c->at == WIDER)
        one->cmsg_len += 3;
    else if (c->at == WHOLE)
        one->cmsg_type = 0x7fff;
    else
        CMSG_DATA(one)[c->at] ^= 1;
}

void control_came(struct msghdr *msg)
{
    struct cmsghdr *one = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
    for (; one; one = CMSG_NXTHDR(msg, one))
        for (size_t i = 0; i < sizeof coming / sizeof coming[0]; i++)
            change(&coming[i], one);
}

/* A message that says nothing of its own is made to say something. */
static void made_up(struct cmsghdr *one)
{
    struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(one);
    int *number = (int *)CMSG_DATA(one);
    if (one->cmsg_level != IPPROTO_IPV6)
        return;
    if (one->cmsg_type == IPV6_PKTINFO && one->cmsg_len >= CMSG_LEN(sizeof *info)
        && IN6_IS_ADDR_UNSPECIFIED(&info->ipi6_addr) && !info->ipi6_ifindex && ON(control_source_made_up))
        info->ipi6_addr = in6addr_loopback;
    bool number_of_ip = one->cmsg_type == IPV6_HOPLIMIT || one->cmsg_type == IPV6_TCLASS;
    if (number_of_ip && one->cmsg_len == CMSG_LEN(sizeof *number) && *number == -1 && ON(control_default_as_one))
        *number = 1;
}

/* A message that goes out loses all its control messages with the one of the table. */
void control_goes(struct msghdr *msg)
{
    struct cmsghdr *one = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
    for (; one; made_up(one), one = CMSG_NXTHDR(msg, one))
        for (size_t i = 0; i < sizeof going / sizeof going[0]; i++)
            if (going[i].level == one->cmsg_level && going[i].type == one->cmsg_type && mutant_on(going[i].mutant)) {
                msg->msg_controllen = 0;
                return;
            }
}
