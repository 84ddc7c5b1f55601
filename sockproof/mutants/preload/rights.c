/* What UNIX sockets pass beside data: descriptors (SCM_RIGHTS) and credentials (SCM_CREDENTIALS, SO_PEERCRED). */
#include <sys/syscall.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mutant.h"

static bool is_local(const struct outgoing *o) { return o->s.domain == AF_UNIX; }

static bool carries(const struct msghdr *msg, int type)
{
    struct msghdr *asked = (struct msghdr *)msg;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(asked); c; c = CMSG_NXTHDR(asked, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == type)
            return true;
    return false;
}

static ssize_t forgiven(const struct outgoing *o, int error)
{
    bool rights = carries(&o->msg, SCM_RIGHTS), who = carries(&o->msg, SCM_CREDENTIALS);
    if (rights && error == EINVAL && ON(send_rights_too_many_allowed))
        return (ssize_t)o->length;
    if (rights && error == ETOOMANYREFS && ON(send_rights_unlimited))
        return (ssize_t)o->length;
    if (rights && error == EBADF && ON(send_rights_closed_allowed))
        return (ssize_t)o->length;
    if (who && error == EPERM && ON(send_credentials_unchecked))
        return (ssize_t)o->length;
    if (!who && error == EPERM && ON(send_unix_stranger_allowed))
        return (ssize_t)o->length;
    return fail(error);
}

enum { SHORT_QUEUE = 2, FAST = 100 };

static int64_t counted(const struct sock *s)
{
    int64_t before;
    if (!memo_get(s, &before))
        before = 0;
    memo_set(s, before + 1);
    return before;
}

/* SO_PASSRIGHTS of the sender, taken for that of the receiver. */
static bool takes_none(const struct outgoing *o)
{
    enum { PASSRIGHTS = 83 };
    return is_local(o) && carries(&o->msg, SCM_RIGHTS) && option_of(o->s.fd, SOL_SOCKET, PASSRIGHTS, 1) == 0
        && ON(credentials_passrights_sender);
}

/* A receiver that holds two datagrams whatever net.unix.max_dgram_qlen says, or a sender that hears of losses: the
 * error of the send, or 0. */
static int queue_is_short(const struct outgoing *o, ssize_t n)
{
    if (!is_datagram(&o->s) || n < 0)
        return 0;
    if (is_local(o))
        return ON(send_queue_two) && counted(&o->s) >= SHORT_QUEUE ? EAGAIN : 0;
    return ON(send_lost_told) && counted(&o->s) >= FAST ? ENOBUFS : 0;
}

/* Whether credentials are given whose user is the sender's by the saved number alone. */
static bool names_saved(const struct outgoing *o)
{
    uid_t user, effective, saved;
    struct msghdr *asked = (struct msghdr *)&o->msg;
    getresuid(&user, &effective, &saved);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(asked); c; c = CMSG_NXTHDR(asked, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            uid_t given = ((struct ucred *)CMSG_DATA(c))->uid;
            return given == saved && given != user && given != effective;
        }
    return false;
}

/* What a call that sends gives, that of the kernel being `n`. */
ssize_t rights_sent(const struct outgoing *o, ssize_t n)
{
    int full = queue_is_short(o, n);
    if (full)
        return fail(full);
    if (is_local(o) && n >= 0)
        collected_sent(o);
    if (is_local(o) && ((n >= 0 && collected_refused(o)) || collected_counts(o, n)))
        return fail(ETOOMANYREFS);
    if (n >= 0 && takes_none(o))
        return fail(EPERM);
    if (n >= 0 && is_local(o) && carries(&o->msg, SCM_CREDENTIALS) && ON(send_credentials_refused))
        return fail(EPERM);
    if (n >= 0 && is_local(o) && names_saved(o) && ON(send_credentials_saved_refused))
        return fail(EPERM);
    if (!is_local(o) && carries(&o->msg, SCM_RIGHTS) && ON(send_rights_tcp_refused))
        return fail(EINVAL);
    return n < 0 && is_local(o) ? forgiven(o, errno) : n;
}

/* Ancillary data of a stream takes a byte with it that nobody has sent. */
ssize_t rights_alone(const struct outgoing *o, bool *answered)
{
    struct iovec byte = {"", 1};
    struct msghdr msg = o->msg;
    *answered = is_local(o) && is_stream(&o->s) && carries(&o->msg, SCM_RIGHTS) && ON(send_rights_without_data);
    msg.msg_iov = &byte;
    msg.msg_iovlen = 1;
    return *answered && real.sendmsg(o->s.fd, &msg, o->flags | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Descriptors that come with data are installed, although the caller has no room for them. */
ssize_t rights_kept(struct incoming *in)
{
    char control[CMSG_SPACE(253 * sizeof(int))];
    struct msghdr msg = *in->msg;
    msg.msg_control = control;
    msg.msg_controllen = sizeof control;
    return real.recvmsg(in->s.fd, &msg, in->flags);
}

bool keeps_rights(const struct incoming *in)
{
    return in->s.domain == AF_UNIX && in->path == BY_PLAIN && !in->room && ON(receive_rights_kept);
}

/* The first descriptor that came has a number far above the lowest one. */
static void number_high(struct msghdr *msg)
{
    enum { HIGH = 300 };
    struct cmsghdr *first = msg->msg_controllen >= sizeof *first ? CMSG_FIRSTHDR(msg) : NULL;
    int *came = first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS ? (int *)CMSG_DATA(first) : NULL;
    int high = came && ON(unix_rights_number_high) ? real.fcntl(*came, F_DUPFD_CLOEXEC, HIGH) : -1;
    if (high < 0)
        return;
    real.close(*came);
    *came = high;
}

ssize_t rights_received(const struct incoming *in, ssize_t n)
{
    bool cut = n >= 0 && in->s.domain == AF_UNIX && in->room && (in->msg->msg_flags & MSG_CTRUNC);
    if (in->s.domain == AF_UNIX)
        collected_received(in, n);
    if (n >= 0 && in->s.domain == AF_UNIX && in->room)
        number_high(in->msg);
    return cut && ON(receive_rights_limit_fails) ? fail(EMFILE) : n;
}

static void name_caller(struct ucred *peer) { *peer = (struct ucred){getpid(), getuid(), getgid()}; }

/* The answer to SO_PEERPIDFD. */
int credentials_pidfd(int *pidfd)
{
    if (ON(credentials_pidfd_own)) {
        real.close(*pidfd);
        *pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    }
    if (ON(credentials_pidfd_inherited))
        real.fcntl(*pidfd, F_SETFD, 0);
    return 0;
}

/* The answer to SO_PEERCRED. */
void credentials_get(struct ucred *peer)
{
    if (peer->pid == 0) {
        if (ON(credentials_peer_nobody_own))
            name_caller(peer);
        return;
    }
    if (peer->pid != getpid() && ON(credentials_peer_own))
        name_caller(peer);
    if (ON(credentials_peer_process_zero))
        peer->pid = 0;
}
