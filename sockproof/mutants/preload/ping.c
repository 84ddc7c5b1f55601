/* Ping sockets: datagram sockets of ICMP and ICMPv6. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "mutant.h"

enum { HEADER = 8, IP_HEADER = 20, IDENTIFIER = 4 };

static bool is_icmp(int protocol) { return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6; }

bool is_ping(const struct sock *s)
{
    return is_inet(s) && is_datagram(s) && is_icmp(option_of(s->fd, SOL_SOCKET, SO_PROTOCOL, 0));
}

/* The result of socket(2), which looks at groups. */
int ping_created(int domain, int type, int protocol, int fd)
{
    int kind = type & 0xf;
    if (kind != SOCK_DGRAM || !is_icmp(protocol))
        return fd;
    if (fd < 0 && errno == EACCES && ON(ping_create_anybody))
        return real.socket(domain, type, 0);
    if (fd >= 0 && ON(ping_create_nobody)) {
        real.close(fd);
        return fail(EPERM);
    }
    if (fd >= 0 && ON(ping_create_exclusive))
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    return fd;
}

/* A message that has come, which its receiver shall not have as it is. */
ssize_t ping_received(const struct incoming *in, ssize_t n)
{
    char *data = in->msg->msg_iov[0].iov_base;
    if (n < HEADER || in->msg->msg_iovlen != 1 || !is_ping(&in->s))
        return n;
    if (ON(ping_identifier_changed))
        data[IDENTIFIER] ^= 0x55;
    if (ON(ping_answer_is_request))
        data[0] = (char)(in->s.domain == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST);
    if (in->length >= (size_t)n + IP_HEADER && ON(ping_answer_with_header)) {
        memmove(data + IP_HEADER, data, (size_t)n);
        return n + IP_HEADER;
    }
    return n;
}
