/* sigaction(2), and signal(2) of programs in C. */
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

/* The C library's signal() asks the kernel itself, so that what it has set is changed afterwards. */
sighandler_t signal(int number, sighandler_t handler)
{
    sighandler_t before = real.signal(number, handler);
    struct sigaction set;
    if (!awake() || before == SIG_ERR || real.sigaction(number, NULL, &set) != 0)
        return before;
    if ((set.sa_flags & SA_RESTART) && ON(errors_eintr_restart_ignored)) {
        set.sa_flags &= ~SA_RESTART;
        real.sigaction(number, &set, NULL);
    }
    return before;
}
