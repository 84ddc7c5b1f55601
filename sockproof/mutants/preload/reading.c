/* Streams that are read as if they were something else: pieces, ends, interruptions, marks and low-water marks. */
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "mutant.h"

enum { PIECE = 4 };

static bool may_wait(const struct incoming *in) { return !(in->flags & MSG_DONTWAIT) && !nonblocking(in->s.fd); }

static bool takes_normal_data(const struct incoming *in)
{
    return is_stream(&in->s) && in->length > 0 && !(in->flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE));
}

static bool peer_is_done(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLRDHUP};
    int saved = errno;
    bool done = real.poll(&one, 1, 0) == 1 && (one.revents & POLLRDHUP) && !(one.revents & POLLERR);
    errno = saved;
    return done;
}

void reading_before(struct incoming *in)
{
    bool normal = takes_normal_data(in);
    bool plain = in->msg->msg_iovlen == 1 && normal;
    if (normal && may_wait(in) && !(in->flags & MSG_WAITALL) && ON(reading_whole_awaited))
        in->flags |= MSG_WAITALL;
    if (plain && !(in->flags & MSG_WAITALL) && in->length > PIECE && ON(reading_piece_capped))
        in->msg->msg_iov[0].iov_len = PIECE;
    if (normal && queued(in->s.fd, FIONREAD) > 0 && peer_is_done(in->s.fd) && ON(reading_end_overtakes))
        drain(in->s.fd);
    if ((in->flags & MSG_OOB) && !(in->flags & MSG_PEEK) && ON(urgent_byte_kept))
        in->flags |= MSG_PEEK;
    if (normal && is_inet(&in->s))
        tuned_by_reading(&in->s);
}

static bool at_mark(int fd)
{
    int saved = errno, mark = 0;
    bool yes = real.ioctl(fd, SIOCATMARK, &mark) == 0 && mark;
    errno = saved;
    return yes;
}

/* The bytes behind the urgent mark, as if it were not there. */
static ssize_t beyond_mark(struct incoming *in, ssize_t n)
{
    struct iovec v = in->msg->msg_iov[0];
    bool room = in->msg->msg_iovlen == 1 && n > 0 && (size_t)n < v.iov_len;
    if (!room || !takes_normal_data(in) || !at_mark(in->s.fd) || !ON(urgent_mark_passed))
        return n;
    ssize_t more = real.recv(in->s.fd, (char *)v.iov_base + n, v.iov_len - (size_t)n, MSG_DONTWAIT);
    return more > 0 ? n + more : n;
}

static void lose_rest(struct incoming *in, ssize_t n)
{
    if (takes_normal_data(in) && n == (ssize_t)in->length && queued(in->s.fd, FIONREAD) > 0 && ON(reading_rest_lost))
        drain(in->s.fd);
}

static void alter_control(struct incoming *in)
{
    struct cmsghdr *first = CMSG_FIRSTHDR(in->msg);
    if (first && ON(reading_control_altered))
        first->cmsg_type ^= 64;
}

ssize_t reading_made(struct incoming *in)
{
    ssize_t n;
    bool nothing = is_stream(&in->s) && in->length == 0 && !in->room && !(in->flags & (MSG_OOB | MSG_ERRQUEUE));
    if (nothing && ON(reading_nothing_refused))
        return fail(EAGAIN);
    do
        n = keeps_rights(in) ? rights_kept(in) : real.recvmsg(in->s.fd, in->msg, in->flags);
    while (n < 0 && errno == EINTR && ON(reading_eintr_restarted));
    n = rights_received(in, n);
    if (n < 0)
        return n;
    alter_control(in);
    if (is_datagram(&in->s) && (in->flags & MSG_WAITALL) && n < (ssize_t)in->length && ON(reading_datagram_waitall))
        return fail(EAGAIN);
    n = beyond_mark(in, n);
    lose_rest(in, n);
    return n;
}

/* FIONREAD that takes the end of the stream for a byte. */
void count_end(const struct sock *s, int *bytes)
{
    if (is_stream(s) && is_inet(s) && *bytes > 0 && peer_is_done(s->fd) && ON(reading_end_counted))
        *bytes += 1;
}
