/* sigaction(2). */
#include <signal.h>

#include "mutant.h"

int sigaction(int number, const struct sigaction *given, struct sigaction *before)
{
    struct sigaction changed;
    if (!awake() || !given || !(given->sa_flags & SA_RESTART) || !ON(errors_eintr_restart_ignored))
        return real.sigaction(number, given, before);
    changed = *given;
    changed.sa_flags &= ~SA_RESTART;
    return real.sigaction(number, &changed, before);
}
