/* Options that a new socket should not have: one table. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>

#include "mutant.h"

enum { FOR_A_CHANGE = 16 }; /* IPTOS_LOWDELAY (ip(7)) */

static const struct standard {
    enum mutant mutant;
    int domain;
    int type;
    int level;
    int name;
    int value;
} standards[] = {
    {M_options_tos_default_set, AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TOS, FOR_A_CHANGE},
    {M_options_tos_default_set, AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_TCLASS, FOR_A_CHANGE},
    {M_options_nodelay_default_on, AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, 1},
    {M_options_nodelay_default_on, AF_INET6, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, 1},
    {M_options_recverr_default_on, AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_RECVERR, 1},
    {M_options_recverr_default_on, AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVERR, 1},
    {M_options_pktinfo_default_on, AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 1},
    {M_options_pktinfo_default_on, AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
};

/* Gives the new socket `fd` what it should not have; `fd` is returned, also where it is an error. */
int with_defaults(const struct sock *s, int fd)
{
    for (size_t i = 0; fd >= 0 && i < sizeof standards / sizeof standards[0]; i++) {
        const struct standard *d = &standards[i];
        if (d->domain == s->domain && d->type == s->type && mutant_on(d->mutant))
            set_option(fd, d->level, d->name, d->value);
    }
    return fd;
}
