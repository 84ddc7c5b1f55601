/* SO_PEEK_OFF: what a call makes of it. */
#include "mutant.h"

int peek_offset(const struct incoming *in) { return option_of(in->s.fd, SOL_SOCKET, SO_PEEK_OFF, -1); }

/* The offset is as it was before the call. */
void peek_after(const struct incoming *in, int before, ssize_t n)
{
    bool moved = n > 0 && before >= 0 && peek_offset(in) != before;
    if (moved && ((in->flags & MSG_PEEK) ? ON(values_peekoff_peek_stays) : ON(values_peekoff_read_stays)))
        set_option(in->s.fd, SOL_SOCKET, SO_PEEK_OFF, before);
}
