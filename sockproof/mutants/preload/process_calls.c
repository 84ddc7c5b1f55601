/* What goes with sockets in a server: children and threads that end, limits, and the copying of pipes. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "mutant.h"

pid_t waitpid(pid_t pid, int *status, int options)
{
    static __thread bool gave_one;
    pid_t found;
    if (!awake() || !(options & WNOHANG))
        return real.waitpid(pid, status, options);
    if (gave_one && ON(process_wait_once)) {
        gave_one = false;
        return 0;
    }
    if (ON(process_wnohang_waits))
        options &= ~WNOHANG;
    found = real.waitpid(pid, status, options);
    gave_one = found > 0;
    return found;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument)
{
    int result;
    if (awake() && ON(cost_thread_high))
        burn(0.1);
    result = real.pthread_create(thread, attributes, work, argument);
    if (result == 0 && !attributes && awake() && ON(process_threads_detached))
        real.pthread_detach(*thread);
    return result;
}

int pthread_detach(pthread_t thread)
{
    return awake() && ON(process_detach_ignored) ? 0 : real.pthread_detach(thread);
}

static int limited(int resource, int result)
{
    bool files = resource == RLIMIT_NOFILE && result < 0 && errno == EPERM && awake();
    if (files && ON(process_limits_as_einval))
        return fail(EINVAL);
    return files && ON(process_limits_unchecked) ? 0 : result;
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    return limited((int)resource, real.setrlimit((int)resource, limit));
}

int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit)
{
    return limited((int)resource, real.setrlimit64((int)resource, limit));
}

/* What was copied is taken out of the pipe that it was copied from. */
ssize_t tee(int in, int out, size_t length, unsigned int flags)
{
    ssize_t n = real.tee(in, out, length, flags);
    void *taken = n > 0 && awake() && ON(process_tee_takes) ? malloc((size_t)n) : NULL;
    if (taken && real.read(in, taken, (size_t)n) != n)
        n = -1;
    free(taken);
    return n;
}
