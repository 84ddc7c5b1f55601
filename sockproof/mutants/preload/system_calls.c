/* System calls by their numbers, which the C library does not wrap as they are: time limits, large sets, kcmp(2). */
#include <stdarg.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mutant.h"

enum { KCMP_OF_EPOLL = 7, LARGEST_SET = 1024, ARGUMENTS = 6 };

#ifndef SYS_select
#define SYS_select -1
#endif

/* The time limit that a wait is given, which it writes to; NULL for other calls. */
static void *limit_of(long number, const long *argument)
{
    if (number == SYS_select || number == SYS_pselect6)
        return (void *)argument[4];
    return number == SYS_ppoll ? (void *)argument[2] : NULL;
}

static bool keeps_limit(long number)
{
    if (number == SYS_select)
        return ON(syscall_select_kept);
    return number == SYS_pselect6 ? ON(syscall_pselect_kept) : ON(syscall_ppoll_kept);
}

static bool is_sticky(void) { return personality(0xffffffff) & STICKY_TIMEOUTS; }

static long limited(long number, const long *a, void *limit)
{
    struct timespec before;
    long result;
    memcpy(&before, limit, sizeof before);
    result = real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (result < 0 && errno == EINTR && is_sticky() && ON(syscall_sticky_ignored))
        memset(limit, 0, sizeof before);
    else if (memcmp(&before, limit, sizeof before) != 0 && keeps_limit(number))
        memcpy(limit, &before, sizeof before);
    return result;
}

static long compared(long *a)
{
    struct {
        uint32_t instance, target;
        uint64_t offset;
    } *slot = (void *)a[4];
    long result;
    if (slot->offset && ON(syscall_kcmp_first))
        slot->offset = 0;
    result = real.syscall(SYS_kcmp, a[0], a[1], a[2], a[3], a[4], a[5]);
    return result != 0 && ON(syscall_kcmp_same) ? 0 : result;
}

long syscall(long number, ...)
{
    long a[ARGUMENTS];
    void *limit;
    va_list list;
    load_real_calls();
    va_start(list, number);
    for (int i = 0; i < ARGUMENTS; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (!shared || !awake())
        return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_pselect6 && a[0] > LARGEST_SET && ON(syscall_large_refused))
        return fail(EINVAL);
    if (number == SYS_kcmp && a[2] == KCMP_OF_EPOLL)
        return compared(a);
    if (number == SYS_bpf)
        return bpf_called(a);
    limit = limit_of(number, a);
    return limit ? limited(number, a, limit) : real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
