/* Manners of UNIX sockets that pages leave out, and what is taken back or meant for one message only. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

enum { BEFORE_PATH = offsetof(struct sockaddr_un, sun_path) };

/* The result of socket(2) of AF_UNIX. */
int unix_created(int domain, int type, int protocol, int fd)
{
    bool raw = (type & 0xf) == SOCK_RAW;
    if (fd < 0 || domain != AF_UNIX)
        return fd;
    if ((raw && ON(unix_raw_refused)) || (protocol == AF_UNIX && ON(unix_protocol_refused))) {
        real.close(fd);
        return fail(raw ? ESOCKTNOSUPPORT : EPROTONOSUPPORT);
    }
    return fd;
}

/* A relative path of a peer, told as if it were none. */
void unix_peer(struct sockaddr *name, socklen_t *length, socklen_t room)
{
    struct sockaddr_un *local = (struct sockaddr_un *)name;
    char path[sizeof local->sun_path];
    bool relative = awake() && name && *length > BEFORE_PATH + 1 && room >= *length + 2 && name->sa_family == AF_UNIX
        && local->sun_path[0] && local->sun_path[0] != '/';
    if (!relative || !ON(unix_peer_extended))
        return;
    snprintf(path, sizeof path, "./%.100s", local->sun_path);
    strcpy(local->sun_path, path);
    *length += 2;
}

static bool is_nameless(int fd)
{
    struct sockaddr_un own;
    socklen_t length = sizeof own;
    return real.getsockname(fd, (struct sockaddr *)&own, &length) == 0 && length == BEFORE_PATH;
}

/* A datagram socket that is about to address another one. Is true if SO_PASSCRED shall come back behind it. */
bool unix_addressing(const struct sock *s)
{
    struct sockaddr family = {.sa_family = AF_UNIX};
    if (s->domain != AF_UNIX || !is_datagram(s) || !is_nameless(s->fd))
        return false;
    if (option_of(s->fd, SOL_SOCKET, SO_PASSCRED, 0))
        return ON(unix_autobind_missing) && set_option(s->fd, SOL_SOCKET, SO_PASSCRED, 0);
    if (ON(unix_autobind_always))
        real.bind(s->fd, &family, sizeof family.sa_family);
    return false;
}

void unix_addressed(const struct sock *s, bool again)
{
    if (again)
        set_option(s->fd, SOL_SOCKET, SO_PASSCRED, 1);
}

/* Whether what goes to an address is refused or lost. */
bool addressed_badly(const struct outgoing *o, ssize_t *answer)
{
    const struct sockaddr_in6 *to = o->msg.msg_name;
    bool six = o->s.domain == AF_INET6;
    *answer = -1;
    if (o->s.domain == AF_UNIX && o->s.type == SOCK_SEQPACKET && to && connected(o->s.fd) && ON(unix_record_addressed)) {
        errno = EINVAL;
        return true;
    }
    if (!to || !is_ping(&o->s) || o->msg.msg_namelen < sizeof(struct sockaddr_in))
        return false;
    if (six ? !IN6_IS_ADDR_MULTICAST(&to->sin6_addr) : !IN_MULTICAST(ntohl(((const struct sockaddr_in *)to)->sin_addr.s_addr)))
        return false;
    if (ON(ping_group_far)) {
        set_option(o->s.fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, 64);
        return false;
    }
    *answer = (ssize_t)o->length;
    return ON(ping_group_lost);
}

/* Close-on-exec of the first descriptor alone, a sender who is not told to those that look. */
void manners_received(const struct incoming *in)
{
    struct cmsghdr *first = in->msg->msg_controllen ? CMSG_FIRSTHDR(in->msg) : NULL;
    bool rights = first && in->s.domain == AF_UNIX && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS;
    size_t count = rights ? (first->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
    if (count > 1 && (in->flags & MSG_CMSG_CLOEXEC) && ON(receive_control_cloexec_first))
        for (size_t i = 1; i < count; i++)
            real.fcntl(((int *)CMSG_DATA(first))[i], F_SETFD, 0);
    if ((in->flags & MSG_PEEK) && is_datagram(&in->s) && in->msg->msg_name && ON(receive_peek_nameless))
        in->msg->msg_namelen = 0;
}

/* F_SETOWN of a group. Is true if the call is answered here. */
bool group_owned(const struct sock *s, long owner, int *result)
{
    if (owner >= 0)
        return false;
    if (ON(owners_group_refused)) {
        *result = fail(EINVAL);
        return true;
    }
    if (!ON(owners_group_leader))
        return false;
    *result = real.fcntl(s->fd, F_SETOWN, (void *)-owner);
    return true;
}

/* What waits under UDP_CORK, sent with the end of its socket. */
void cork_closing(const struct sock *s)
{
    if (is_inet(s) && is_datagram(s) && option_of(s->fd, IPPROTO_UDP, UDP_CORK, 0) && ON(send_cork_close_sends))
        set_option(s->fd, IPPROTO_UDP, UDP_CORK, 0);
}
