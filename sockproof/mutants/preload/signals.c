/* sigaction(2). */
#include <signal.h>

#include "mutant.h"

static void change_child_signal(struct sigaction *given)
{
    if (given->sa_handler == SIG_IGN && ON(process_ignored_kept))
        given->sa_handler = SIG_DFL;
    else if (given->sa_handler != SIG_IGN && ON(process_zombie_missing))
        given->sa_flags |= SA_NOCLDWAIT;
}

int sigaction(int number, const struct sigaction *given, struct sigaction *before)
{
    struct sigaction changed;
    if (!awake() || !given)
        return real.sigaction(number, given, before);
    changed = *given;
    if (number == SIGCHLD)
        change_child_signal(&changed);
    if ((changed.sa_flags & SA_RESTART) && ON(errors_eintr_restart_ignored))
        changed.sa_flags &= ~SA_RESTART;
    return real.sigaction(number, &changed, before);
}
