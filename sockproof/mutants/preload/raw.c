/* Raw sockets of IP: which packets they have, and what is before their data. */
#include <netinet/in.h>
#include <string.h>

#include "mutant.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

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
    return n;
}
