/* Integer options that are ignored, altered or misreported, and errors that are missing: what the tables ask for. */
#include <stddef.h>

#include "mutant.h"
#include "option_tables.h"

static bool same(const struct rule *r, const struct option *o)
{
    return r->level == o->level && r->name == o->name && (!r->when || r->when(o));
}

/* Is true if the kernel shall not be asked. */
static bool apply_set(const struct rule *r, struct option *o, int *result)
{
    int doubled = o->number * 2 < r->number ? r->number : o->number * 2;
    switch (r->action) {
    case PRETEND: memo_set(&o->s, o->number); return true;
    case PRETEND_DOUBLE: memo_set(&o->s, doubled); return true;
    case PRETEND_NUMBER: memo_set(&o->s, r->number); return true;
    case SWALLOW: return true;
    case REFUSE: *result = fail(r->number); return true;
    case SCALE: set_number(o, (int)((int64_t)o->number * r->number / 256)); return false;
    case NEGATE: set_number(o, !o->number); return false;
    case ALWAYS: set_number(o, r->number); return false;
    case ALSO: set_option(o->s.fd, o->level, r->number, o->number); return false;
    case ALSO_ON: set_option(o->s.fd, o->level, r->number, 1); return false;
    case INSTEAD: o->name = r->number; return false;
    default: return false;
    }
}

/* What is no number can be left unset, or be refused. */
static bool fits(const struct rule *r, const struct option *o)
{
    return o->is_int || (!r->when && (r->action == SWALLOW || r->action == REFUSE));
}

bool set_by_rule(struct option *o, int *result)
{
    for (size_t i = 0; i < sizeof set_rules / sizeof set_rules[0]; i++)
        if (fits(&set_rules[i], o) && same(&set_rules[i], o) && mutant_on(set_rules[i].mutant))
            return apply_set(&set_rules[i], o, result);
    return false;
}

static int repeated(const struct option *o, int value)
{
    int64_t kept;
    if (value) {
        memo_set(&o->s, value);
        return value;
    }
    return memo_get(&o->s, &kept) ? (int)kept : 0;
}

static void apply_get(const struct rule *r, const struct option *o, int *value)
{
    int64_t kept;
    switch (r->action) {
    case CONSTANT: *value = r->number; break;
    case SCALE: *value = (int)((int64_t)*value * r->number / 256); break;
    case NEGATE: *value = !*value; break;
    case REPEAT: *value = repeated(o, *value); break;
    case REMEMBER: memo_set(&o->s, *value); break;
    default: *value = memo_get(&o->s, &kept) ? (int)kept : *value;
    }
}

static bool pretends(const struct rule *r)
{
    return (r->action == PRETEND || r->action == PRETEND_DOUBLE || r->action == PRETEND_NUMBER) && armed(r->mutant);
}

/* What was pretended to be set is given back. */
static void recall(const struct option *o, int *value)
{
    int64_t kept;
    for (size_t i = 0; i < sizeof set_rules / sizeof set_rules[0]; i++) {
        const struct rule *r = &set_rules[i];
        if (r->level == o->level && r->name == o->name && pretends(r) && memo_get(&o->s, &kept))
            *value = (int)kept;
    }
}

void get_by_rule(const struct option *asked, int *value)
{
    struct option o = *asked;
    o.number = *value;
    recall(&o, value);
    for (size_t i = 0; i < sizeof get_rules / sizeof get_rules[0]; i++) {
        const struct rule *r = &get_rules[i];
        bool quiet = r->action == REMEMBERED; /* counted when it was set */
        if (same(r, &o) && (quiet ? armed(r->mutant) : mutant_on(r->mutant)))
            apply_get(r, &o, value);
    }
}

/* The kernel has silently raised or capped a buffer. */
static int after_size(const struct option *o, bool send)
{
    int got = option_of(o->s.fd, SOL_SOCKET, o->name, -1);
    int64_t asked = (int64_t)o->number * 2;
    keep_tuned(o);
    if (o->number <= 0 || got < 0 || got == asked)
        return 0;
    if (got > asked && (send ? ON(buffers_send_minimum_hidden) : ON(buffers_receive_minimum_hidden)))
        memo_set(&o->s, asked);
    if (got < asked && (send ? ON(buffers_send_maximum_hidden) : ON(buffers_receive_maximum_hidden)))
        memo_set(&o->s, asked);
    if (got < asked && (send ? ON(buffers_send_large_refused) : ON(buffers_receive_large_refused)))
        return fail(EINVAL);
    return 0;
}

/* SO_SELECT_ERR_QUEUE, which nobody has asked for. */
static void show_error_queue(const struct option *o)
{
    bool asked = (o->level == IPPROTO_IP && o->name == IP_RECVERR) || (o->level == IPPROTO_IPV6 && o->name == IPV6_RECVERR);
    if (asked && o->number && ON(values_errqueue_always_exceptional))
        set_option(o->s.fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1);
}

int after_set(const struct option *o, int result)
{
    int error = errno;
    bool size = o->level == SOL_SOCKET && (o->name == SO_SNDBUF || o->name == SO_RCVBUF);
    if (result == 0) {
        show_error_queue(o);
        unicast_was_set(o);
    }
    if (result == 0)
        return size ? after_size(o, o->name == SO_SNDBUF) : 0;
    for (size_t i = 0; i < sizeof forgiven / sizeof forgiven[0]; i++) {
        const struct forgiven *f = &forgiven[i];
        bool named = f->name == o->name || (f->name == ANY && !(o->level == SOL_SOCKET && o->name == SO_SNDLOWAT));
        if (f->level == o->level && named && f->error == error && mutant_on(f->mutant))
            return 0;
    }
    return stamping_taken(o, error) || value_taken(o, error) ? 0 : fail(error);
}
