/* Options of the socket level that no manual page has. */
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "mutant.h"

enum { PEERNAME = 28, MEMINFO = 55, DROPS = 8 };

static bool is_socket(const struct option *o, int name) { return o->level == SOL_SOCKET && o->name == name; }

/* A rate of eight bytes of which the first four are taken. */
void further_set(struct option *o)
{
    if (is_socket(o, SO_MAX_PACING_RATE) && o->length == sizeof(uint64_t) && ON(options_pacing_cut))
        o->length = sizeof(uint32_t);
}

void further_told(const struct option *o, void *value, socklen_t *length)
{
    uint32_t *memory = value;
    if (is_socket(o, SO_ATTACH_FILTER) && *length && ON(options_filter_untold))
        *length = 0;
    if (is_socket(o, MEMINFO) && memory[0] && ON(options_meminfo_empty))
        memory[0] = 0;
    if (is_socket(o, MEMINFO) && *length > DROPS * sizeof *memory && memory[DROPS] && ON(options_meminfo_undropped))
        memory[DROPS] = 0;
    if (is_socket(o, PEERNAME) && ON(options_peername_own))
        real.getsockname(o->s.fd, value, length);
}

/* Is true if what the kernel has refused to tell is told all the same, as far as there is room. */
bool further_forgiven(const struct option *o, int error)
{
    return error == EINVAL && is_socket(o, SO_ATTACH_FILTER) && ON(options_filter_cut);
}
