/* Raw sockets of IP: which packets they have, and what is before their data. */
#include <netinet/in.h>
#include <string.h>

#include "mutant.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, UNKNOWN_KIND = 200 };

bool is_raw(const struct sock *s) { return is_inet(s) && s->type == SOCK_RAW; }

/* A header that is missing, or one that nobody has asked for. */
ssize_t raw_received(const struct incoming *in, ssize_t n)
{
    char *data = in->msg->msg_iov[0].iov_base;
    if ((in->msg->msg_flags & MSG_TRUNC) && in->path == BY_SENDMSG && ON(raw_cut_unmarked))
        in->msg->msg_flags &= ~MSG_TRUNC;
    bool room = in->msg->msg_iovlen == 1 && in->length >= (size_t)n + IPV6_HEADER;
    if (in->s.domain == AF_INET && n > IPV4_HEADER && ON(raw_header_missing)) {
        memmove(data, data + IPV4_HEADER, (size_t)n - IPV4_HEADER);
        return n - IPV4_HEADER;
    }
    if (in->s.domain == AF_INET6 && room && ON(raw_header_surplus)) {
        memmove(data + IPV6_HEADER, data, (size_t)n);
        return n + IPV6_HEADER;
    }
    if (in->s.domain == AF_INET6 && n > 1 && (uint8_t)data[0] == UNKNOWN_KIND && ON(raw_kind_unknown_changed))
        data[0] = 0;
    return n;
}

/* A filter of types that is set to nothing. */
bool raw_set(struct option *o)
{
    static const uint32_t nothing[8];
    if (!is_raw(&o->s) || o->level != IPPROTO_ICMPV6 || o->name != 1 || o->length != 0 || !ON(raw_filter_emptied))
        return false;
    real.setsockopt(o->s.fd, IPPROTO_ICMPV6, 1, nothing, sizeof nothing);
    return true;
}

int raw_created(int domain, int type, int protocol, int fd)
{
    enum { IPV6_HDRINCL_ = 36 };
    if (fd >= 0 && domain == AF_INET6 && (type & 0xf) == SOCK_RAW && protocol == IPPROTO_RAW && ON(raw_anything_header_made))
        set_option(fd, IPPROTO_IPV6, IPV6_HDRINCL_, 0);
    return fd;
}
