/* sock_diag(7) of UNIX sockets, and what ioctl(2) tells of them. */
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mutant.h"

enum { UNIXFILE = SIOCPROTOPRIVATE, ALL = 0x3f };

static bool is_diag(int fd)
{
    return awake() && option_of(fd, SOL_SOCKET, SO_DOMAIN, 0) == AF_NETLINK
        && option_of(fd, SOL_SOCKET, SO_PROTOCOL, 0) == NETLINK_SOCK_DIAG;
}

struct request {
    struct nlmsghdr header;
    struct unix_diag_req body;
};

/* A question about UNIX sockets, put otherwise. */
bool diag_asks(int fd, const void *buffer, size_t length, int flags, ssize_t *answer)
{
    struct request r;
    if (length != sizeof r || !is_diag(fd) || !sound(buffer, length))
        return false;
    memcpy(&r, buffer, sizeof r);
    if (r.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || r.body.sdiag_family != AF_UNIX)
        return false;
    if (ON(shown_request_everything))
        r.body.udiag_show = ALL;
    if ((r.header.nlmsg_flags & NLM_F_DUMP) && ON(shown_request_states))
        r.body.udiag_states = ~0u;
    if (r.body.udiag_cookie[0] != ~0u && ON(shown_request_cookie))
        r.body.udiag_cookie[0] = r.body.udiag_cookie[1] = ~0u;
    *answer = real.send(fd, &r, sizeof r, flags);
    return true;
}

static const struct turned {
    enum mutant mutant;
    unsigned short type;
    size_t at; /* the byte that is turned over */
} turned[] = {
    {M_shown_diag_name, UNIX_DIAG_NAME, 1},
    {M_shown_diag_file, UNIX_DIAG_VFS, 0},
    {M_shown_diag_device, UNIX_DIAG_VFS, 4},
    {M_shown_diag_peer, UNIX_DIAG_PEER, 0},
    {M_shown_diag_waiting, UNIX_DIAG_ICONS, 0},
    {M_shown_diag_queue, UNIX_DIAG_RQLEN, 0},
    {M_shown_diag_backlog, UNIX_DIAG_RQLEN, 4},
    {M_shown_diag_shutdown, UNIX_DIAG_SHUTDOWN, 0},
};

static void change_attribute(struct nlattr *attribute)
{
    for (size_t i = 0; i < sizeof turned / sizeof turned[0]; i++)
        if (turned[i].type == attribute->nla_type && attribute->nla_len > NLA_HDRLEN + turned[i].at
            && mutant_on(turned[i].mutant))
            ((char *)attribute)[(size_t)NLA_HDRLEN + turned[i].at] ^= 1;
}

static void change_shown(struct nlmsghdr *header)
{
    struct unix_diag_msg *shown = NLMSG_DATA(header);
    char *at = (char *)(shown + 1), *end = (char *)header + header->nlmsg_len;
    if (shown->udiag_family != AF_UNIX)
        return;
    if (ON(shown_diag_type))
        shown->udiag_type ^= 8;
    if (ON(shown_diag_state))
        shown->udiag_state ^= 4;
    while (at + NLA_HDRLEN <= end && ((struct nlattr *)at)->nla_len >= NLA_HDRLEN) {
        change_attribute((struct nlattr *)at);
        at += NLA_ALIGN(((struct nlattr *)at)->nla_len);
    }
}

/* The answers that have come. */
void diag_told(int fd, void *buffer, ssize_t n)
{
    struct nlmsghdr *header = buffer;
    int left = (int)n;
    if (n <= 0 || !is_diag(fd))
        return;
    for (; NLMSG_OK(header, (unsigned)left); header = NLMSG_NEXT(header, left)) {
        struct nlmsgerr *error = NLMSG_DATA(header);
        if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY)
            change_shown(header);
        else if (header->nlmsg_type == NLMSG_ERROR && error->error == -ENOENT && ON(shown_diag_nobody))
            error->error = -EINVAL;
    }
}

/* SIOCUNIXFILE, which takes no argument. */
int file_told(int result)
{
    if (result >= 0 && ON(shown_file_other)) {
        real.close(result);
        return real.open("/", O_PATH | O_CLOEXEC);
    }
    if (result < 0 && errno == ENOENT && ON(shown_file_abstract))
        return fail(EINVAL);
    if (result < 0 && errno == EMFILE && ON(shown_file_as_enfile))
        return fail(ENFILE);
    return result < 0 && errno == EPERM && ON(shown_file_anybody) ? real.open("/", O_PATH | O_CLOEXEC) : result;
}

bool is_file_request(unsigned long request) { return request == UNIXFILE; }

static int refused(const struct sock *s, unsigned long request, int *number)
{
    if (request == FIONREAD && errno == EINVAL && is_listener(s) && ON(shown_unread_listener)) {
        *number = 0;
        return 0;
    }
    if (request == SIOCATMARK && errno == EOPNOTSUPP && ON(shown_mark_records)) {
        *number = 0;
        return 0;
    }
    return -1;
}

/* Is true if a UNIX socket is asked for a number: `result` is what it gives then. */
bool local_asked(const struct sock *s, unsigned long request, int *number, int *result)
{
    bool known = request == FIONREAD || request == SIOCATMARK || request == SIOCOUTQ;
    if (s->domain != AF_UNIX || !known || !sound(number, sizeof *number))
        return false;
    *result = real.ioctl(s->fd, request, number);
    if (*result != 0) {
        *result = refused(s, request, number);
        return *result == 0;
    }
    if (request == FIONREAD && is_datagram(s) && *number && ON(shown_unread_datagram))
        return ++*number;
    if (request == FIONREAD && !is_datagram(s) && *number > 1 && ON(shown_unread_less))
        return --*number;
    if (request == SIOCATMARK && ON(shown_mark_reversed)) {
        *number = !*number;
        return true;
    }
    if (request == SIOCOUTQ && *number == 0 && ON(shown_unsent_one))
        return ++*number;
    return false;
}
