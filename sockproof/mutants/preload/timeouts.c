/* SO_RCVTIMEO and SO_SNDTIMEO as options. What a timed-out call reports is in errors.c. */
#include <string.h>

#include "mutant.h"

static bool is_limit(const struct option *o)
{
    return o->level == SOL_SOCKET && (o->name == SO_RCVTIMEO || o->name == SO_SNDTIMEO);
}

static bool receives(const struct option *o) { return o->name == SO_RCVTIMEO; }

static void replace(struct option *o, int64_t microseconds)
{
    struct timeval limit = {microseconds / 1000000, microseconds % 1000000};
    real.setsockopt(o->s.fd, SOL_SOCKET, o->name, &limit, sizeof limit);
}

static bool set_zero(struct option *o)
{
    bool at_once = receives(o) ? ON(timeouts_receive_zero_at_once) : ON(timeouts_send_zero_at_once);
    if (at_once)
        replace(o, 1000);
    return at_once;
}

/* Is true if the option has been dealt with and reports success. */
bool timeout_set(struct option *o)
{
    struct timeval given;
    int64_t limit;
    if (!is_limit(o) || !o->value || o->length < sizeof given)
        return false;
    memcpy(&given, o->value, sizeof given);
    limit = given.tv_sec * 1000000LL + given.tv_usec;
    if (given.tv_sec < 0 && ON(timeouts_negative_refused)) {
        o->length = 0; /* which the kernel refuses */
        return false;
    }
    if (given.tv_sec < 0 && ON(timeouts_negative_forever)) {
        replace(o, 0);
        return true;
    }
    if (given.tv_usec < 0 || given.tv_usec >= 1000000)
        return ON(timeouts_range_unchecked);
    if (limit == 0)
        return set_zero(o);
    if (receives(o) ? ON(timeouts_receive_ignored) : ON(timeouts_send_ignored))
        return true;
    if (receives(o) ? ON(timeouts_receive_halved) : ON(timeouts_send_halved))
        return replace(o, limit / 2), true;
    if (receives(o) ? ON(timeouts_receive_tenfold) : ON(timeouts_send_tenfold))
        return replace(o, limit * 10), true;
    return false;
}

void timeout_get(const struct option *o, void *value)
{
    struct timeval *seen = value;
    if (!seen->tv_sec && !seen->tv_usec)
        return;
    if (receives(o) ? ON(timeouts_receive_get_zero) : ON(timeouts_send_get_zero))
        memset(seen, 0, sizeof *seen);
}
