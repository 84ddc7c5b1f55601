/* SO_KEEPALIVE and the three options of TCP that go with it. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>

#include "mutant.h"

static const struct value {
    int name;
    int standard;
    enum mutant ignored;
} values[] = {
    {TCP_KEEPIDLE, 7200, M_keepalive_idle_ignored},
    {TCP_KEEPINTVL, 75, M_keepalive_interval_ignored},
    {TCP_KEEPCNT, 9, M_keepalive_count_ignored},
};

static const struct value *value_of(const struct option *o)
{
    for (size_t i = 0; o->level == IPPROTO_TCP && i < sizeof values / sizeof values[0]; i++)
        if (values[i].name == o->name)
            return &values[i];
    return NULL;
}

static bool is_switch(const struct option *o) { return o->level == SOL_SOCKET && o->name == SO_KEEPALIVE; }

/* Is true if the kernel shall not be asked. */
static bool set_switch(const struct option *o)
{
    if (!o->number)
        return ON(keepalive_off_ignored);
    if (ON(keepalive_unacknowledged_counts))
        set_option(o->s.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000);
    return false;
}

/* Is true if the option has been dealt with and reports success. */
bool keepalive_set(struct option *o)
{
    const struct value *v = value_of(o);
    if (!o->is_int || !is_inet(&o->s))
        return false;
    if (is_switch(o))
        return set_switch(o);
    if (!v)
        return false;
    if (o->number > 0 && mutant_on(v->ignored))
        return true;
    if (o->name == TCP_KEEPCNT && o->number > 0 && o->number < 64 && ON(keepalive_count_doubled))
        set_number(o, o->number * 2);
    if (o->name == TCP_KEEPCNT && o->number > 1 && ON(keepalive_count_halved))
        set_number(o, o->number / 2);
    return false;
}

/* The result of an option that the kernel has refused. */
int keepalive_refused(const struct option *o, int error)
{
    return value_of(o) && error == EINVAL && ON(keepalive_range_unchecked) ? 0 : fail(error);
}

void keepalive_get(const struct option *o, int *number)
{
    const struct value *v = value_of(o);
    if (is_switch(o) && is_inet(&o->s) && *number == 0 && ON(keepalive_default_on))
        *number = 1;
    if (v && *number == v->standard && ON(keepalive_values_halved))
        *number = v->standard / 2;
    else if (v && *number != v->standard && ON(keepalive_values_always_standard))
        *number = v->standard;
}

/* What an accepted socket has from its listener. */
void keepalive_accepted(int fd)
{
    if (option_of(fd, SOL_SOCKET, SO_KEEPALIVE, 0) && ON(keepalive_listener_not_inherited))
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
}
