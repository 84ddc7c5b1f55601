/* What an administrator does to sockets: SOCK_DESTROY of sock_diag(7), and TCP_REPAIR. */
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mutant.h"

enum { DESTROY = 21 /* SOCK_DESTROY */, COOKIE_AT = 64, WHOLE = 72 };

static bool privileged(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {0};
    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & (1u << CAP_NET_ADMIN));
}

/* A request that ends a socket, which does nothing and is acknowledged, or ends whatever has these addresses. */
bool destroys(int fd, const void *buffer, size_t length, int flags, ssize_t *answer)
{
    struct nlmsghdr *header;
    char copy[WHOLE];
    if (!awake() || length != WHOLE || option_of(fd, SOL_SOCKET, SO_DOMAIN, 0) != AF_NETLINK || !sound(buffer, length))
        return false;
    memcpy(copy, buffer, WHOLE);
    header = (struct nlmsghdr *)copy;
    if (header->nlmsg_type != DESTROY)
        return false;
    if (ON(destroyed_socket_lives) || (!privileged() && ON(destroyed_by_anybody)))
        header->nlmsg_type = NLMSG_NOOP;
    if (ON(destroyed_cookie_ignored))
        memset(copy + COOKIE_AT, 0xff, WHOLE - COOKIE_AT);
    *answer = real.send(fd, copy, WHOLE, flags);
    return true;
}

static bool in_repair(const struct sock *s)
{
    return is_inet(s) && is_stream(s) && option_of(s->fd, IPPROTO_TCP, TCP_REPAIR, 0) == 1;
}

void repair_before_close(const struct sock *s)
{
    if (in_repair(s) && ON(repair_close_tells))
        set_option(s->fd, IPPROTO_TCP, TCP_REPAIR, 0);
}

void repair_before_connect(const struct sock *s)
{
    if (in_repair(s) && ON(repair_connect_asks))
        set_option(s->fd, IPPROTO_TCP, TCP_REPAIR, 0);
}
