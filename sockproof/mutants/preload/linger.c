/* SO_LINGER: the option, and what close(2) makes of it. */
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mutant.h"

static bool is_linger(const struct option *o) { return o->level == SOL_SOCKET && o->name == SO_LINGER; }

static void replace(const struct sock *s, int on, int seconds)
{
    struct linger option = {on, seconds};
    int saved = errno;
    real.setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &option, sizeof option);
    errno = saved;
}

/* Is true if the option has been dealt with and reports success. */
bool linger_set(struct option *o)
{
    struct linger given;
    if (!is_linger(o) || !o->value || o->length < sizeof given)
        return false;
    memcpy(&given, o->value, sizeof given);
    if (given.l_onoff && ON(linger_option_ignored))
        return true;
    if (!given.l_onoff && given.l_linger > 0 && ON(linger_off_as_on)) {
        replace(&o->s, 1, given.l_linger);
        return true;
    }
    if (given.l_onoff && given.l_linger > 0 && ON(linger_seconds_dropped)) {
        replace(&o->s, 1, 0);
        return true;
    }
    return false;
}

void linger_get(const struct option *o, void *value)
{
    struct linger *seen = value;
    if (!is_linger(o))
        return;
    if (seen->l_onoff && ON(linger_get_reports_off))
        seen->l_onoff = 0;
    else if (!seen->l_onoff && ON(linger_get_reports_on))
        seen->l_onoff = 1;
    if (seen->l_linger > 0 && ON(linger_get_reports_ticks))
        seen->l_linger *= 100;
}

/* Bytes that the peer has not acknowledged. Not a sleep for luck: the end of the wait is the clock's. */
static void wait_until_sent(int fd, double deadline)
{
    while (queued(fd, SIOCOUTQ) > 0 && now() < deadline)
        real.poll(NULL, 0, 5);
}

static void wait_until(double deadline)
{
    while (now() < deadline)
        real.poll(NULL, 0, 1 + (int)((deadline - now()) * 1000));
}

static int close_and_abort_late(const struct sock *s, int seconds)
{
    real.shutdown(s->fd, SHUT_WR);
    wait_until_sent(s->fd, now() + seconds);
    replace(s, queued(s->fd, SIOCOUTQ) > 0, 0);
    return real.close(s->fd);
}

/* Deviations in how long close waits, which need the unsent data that makes it wait. */
static bool change_wait(const struct sock *s, int seconds, int *result)
{
    if (ON(linger_positive_at_once))
        replace(s, 0, 0);
    if (nonblocking(s->fd) && ON(linger_nonblocking_at_once))
        replace(s, 0, 0);
    if (seconds > 1 && ON(linger_positive_one_second))
        replace(s, 1, 1);
    if (ON(linger_positive_tenfold))
        replace(s, 1, seconds * 10);
    if (!ON(linger_timeout_aborts))
        return false;
    *result = close_and_abort_late(s, seconds);
    return true;
}

static bool close_lingering(const struct sock *s, int seconds, int *result)
{
    double start = now();
    bool unsent = queued(s->fd, SIOCOUTQ) > 0;
    if (ON(linger_positive_aborts))
        replace(s, 1, 0);
    if (unsent && change_wait(s, seconds, result))
        return true;
    *result = real.close(s->fd);
    if (now() >= start + seconds && ON(linger_timeout_reported))
        *result = fail(EWOULDBLOCK);
    if (now() < start + seconds && ON(linger_positive_waits_full))
        wait_until(start + seconds);
    return true;
}

/* Waits, as close would, when the connection is shut down with data unsent. */
void linger_shutdown(const struct sock *s)
{
    struct linger option = {0, 0};
    socklen_t length = sizeof option;
    if (!is_inet(s) || !is_stream(s) || !connected(s->fd) || queued(s->fd, SIOCOUTQ) == 0)
        return;
    real.getsockopt(s->fd, SOL_SOCKET, SO_LINGER, &option, &length);
    if (option.l_onoff && option.l_linger > 0 && ON(linger_shutdown_waits))
        wait_until_sent(s->fd, now() + option.l_linger);
}

static bool close_unix(const struct sock *s, int seconds, int *result)
{
    double start = now();
    if (seconds == 0 || !ON(linger_unix_waits))
        return false;
    *result = real.close(s->fd);
    wait_until(start + seconds);
    return true;
}

/* Is true if the descriptor was closed here, with the result of close(2). */
bool linger_close(const struct sock *s, int *result)
{
    struct linger option = {0, 0};
    socklen_t length = sizeof option;
    int saved = errno;
    if (!is_stream(s) || !connected(s->fd))
        return false;
    real.getsockopt(s->fd, SOL_SOCKET, SO_LINGER, &option, &length);
    errno = saved;
    if (!is_inet(s))
        return close_unix(s, option.l_onoff ? option.l_linger : 0, result);
    if (option.l_onoff && option.l_linger > 0)
        return close_lingering(s, option.l_linger, result);
    if (option.l_onoff && ON(linger_zero_graceful))
        replace(s, 0, 0);
    return false;
}
