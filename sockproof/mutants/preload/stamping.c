/* SO_TIMESTAMPING: which times are asked for, and what comes of them. */
#include <time.h> /* before the next one, which needs it */

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>

#include "mutant.h"

enum { TX_TIMES = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED };

static bool is_stamping(const struct option *o) { return o->level == SOL_SOCKET && o->name == SO_TIMESTAMPING && o->is_int; }

static int asked_before(const struct sock *s) { return option_of(s->fd, SOL_SOCKET, SO_TIMESTAMPING, 0); }

static void without(struct option *o, int bits) { set_number(o, o->number & ~bits); }

/* What is taken and forgotten. */
static void forget(struct option *o)
{
    if ((o->number & TX_TIMES) && ON(stamping_sent_lost))
        without(o, TX_TIMES);
    if ((o->number & SOF_TIMESTAMPING_OPT_TSONLY) && !(o->number & SOF_TIMESTAMPING_OPT_STATS) && ON(stamping_alone_ignored))
        without(o, SOF_TIMESTAMPING_OPT_TSONLY);
    if ((o->number & SOF_TIMESTAMPING_OPT_CMSG) && ON(stamping_messages_ignored))
        without(o, SOF_TIMESTAMPING_OPT_CMSG);
    if ((o->number & SOF_TIMESTAMPING_TX_ACK) && ON(stamping_acknowledged_ignored))
        without(o, SOF_TIMESTAMPING_TX_ACK);
    if ((o->number & SOF_TIMESTAMPING_OPT_STATS) && (o->number & SOF_TIMESTAMPING_OPT_TSONLY) && ON(stamping_statistics_ignored))
        without(o, SOF_TIMESTAMPING_OPT_STATS);
}

/* The bits before the kernel has them. */
void stamping_set(struct option *o)
{
    bool numbered = is_stamping(o) && (asked_before(&o->s) & SOF_TIMESTAMPING_OPT_ID);
    if (!is_stamping(o))
        return;
    if ((o->number & SOF_TIMESTAMPING_RX_SOFTWARE) && !(o->number & SOF_TIMESTAMPING_SOFTWARE) && ON(stamping_report_unasked))
        set_number(o, o->number | SOF_TIMESTAMPING_SOFTWARE);
    if (numbered && !(o->number & SOF_TIMESTAMPING_OPT_ID) && ON(stamping_number_kept))
        set_number(o, o->number | SOF_TIMESTAMPING_OPT_ID);
    if (numbered && (o->number & SOF_TIMESTAMPING_OPT_ID) && ON(stamping_number_restarted))
        set_option(o->s.fd, SOL_SOCKET, SO_TIMESTAMPING, o->number & ~SOF_TIMESTAMPING_OPT_ID);
    forget(o);
}

/* Is true if what the kernel has refused with `error` is taken all the same. */
bool stamping_taken(const struct option *o, int error)
{
    if (!is_stamping(o) || error != EINVAL)
        return false;
    if ((o->number & SOF_TIMESTAMPING_OPT_STATS) && ON(stamping_statistics_unchecked))
        return true;
    return (o->number & SOF_TIMESTAMPING_OPT_ID) && is_stream(&o->s) && ON(stamping_stream_unconnected);
}

static void change_times(struct timespec *times)
{
    if (ON(stamping_arrival_epoch))
        memset(times, 0, 3 * sizeof *times);
    if (ON(stamping_arrival_elsewhere)) {
        times[2] = times[0];
        memset(times, 0, sizeof *times);
    }
}

static void change_number(const struct sock *s, struct sock_extended_err *error)
{
    int64_t calls = 0;
    if (ON(stamping_kind_wrong))
        error->ee_info ^= 1;
    if (!(asked_before(s) & SOF_TIMESTAMPING_OPT_ID))
        return;
    if (ON(stamping_number_wrong))
        error->ee_data++;
    if (is_stream(s) && ON(stamping_stream_per_call)) {
        memo_get(s, &calls);
        memo_set(s, calls + 1);
        error->ee_data = (uint32_t)calls;
    }
}

static bool tells_an_error(const struct cmsghdr *one)
{
    return (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_RECVERR)
        || (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_RECVERR);
}

void stamping_came(const struct sock *s, struct msghdr *msg)
{
    struct cmsghdr *one = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
    for (; one; one = CMSG_NXTHDR(msg, one)) {
        struct sock_extended_err *error = (struct sock_extended_err *)CMSG_DATA(one);
        if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SO_TIMESTAMPING)
            change_times((struct timespec *)CMSG_DATA(one));
        if (tells_an_error(one) && error->ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
            change_number(s, error);
    }
}

/* What one message asks for, and what the socket does. */
void stamping_goes(const struct sock *s, struct msghdr *msg)
{
    struct cmsghdr *one = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
    for (; one; one = CMSG_NXTHDR(msg, one)) {
        int *asked = (int *)CMSG_DATA(one), before;
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SO_TIMESTAMPING)
            continue;
        before = asked_before(s);
        if (ON(stamping_message_stays))
            set_option(s->fd, SOL_SOCKET, SO_TIMESTAMPING, before | *asked);
        if ((before & TX_TIMES) && ON(stamping_message_adds))
            *asked |= before & TX_TIMES;
    }
}
