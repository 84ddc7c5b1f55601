/* When what was sent leaves, and when a send is over. */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "mutant.h"

enum { PAUSE = 5, LOOKS = 200 }; /* milliseconds, and how often */

/* A send that is over only when the peer has acknowledged everything; fails after a second. */
ssize_t delivery_awaited(const struct outgoing *o, ssize_t n)
{
    bool tcp = is_inet(&o->s) && is_stream(&o->s);
    bool waits = !(o->flags & MSG_DONTWAIT) && !nonblocking(o->s.fd);
    int saved = errno;
    if (!tcp || !waits || n <= 0 || !queued(o->s.fd, SIOCOUTQ) || !ON(delivery_send_waits))
        return n;
    for (int i = 0; i < LOOKS && queued(o->s.fd, SIOCOUTQ) > 0; i++)
        real.poll(NULL, 0, PAUSE);
    errno = saved;
    return queued(o->s.fd, SIOCOUTQ) > 0 ? fail(ETIMEDOUT) : n;
}

void change_more(struct outgoing *o)
{
    bool more = o->flags & MSG_MORE;
    bool tcp = is_inet(&o->s) && is_stream(&o->s);
    if (more && tcp && ON(flags_more_sticks))
        set_option(o->s.fd, IPPROTO_TCP, TCP_CORK, 1);
    if (more && tcp && ON(flags_more_dropped)) {
        o->unsent += o->length;
        o->msg.msg_iovlen = 0;
    }
    if (more && is_datagram(&o->s) && is_inet(&o->s) && ON(flags_more_datagram_split))
        o->flags &= ~MSG_MORE;
}
