/* Lets older User Mode Linux run where the processor has a large register state (AMX).
 *
 * Up to 6.12 it saves the extended state of a process into a buffer of fixed size. With AMX the state is larger, and
 * ptrace(2) refuses to set registers from less than the whole (EFAULT). Preloaded, this reads and writes the whole, and
 * gives User Mode Linux the part that it has room for; what it never saw, the tiles, stays as it was and is not claimed.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PEEKTEXT = 1, PEEKUSER = 3, GETREGSET = 0x4204, SETREGSET = 0x4205, X86_XSTATE = 0x202 };
enum { HEADER = 512, TILES = 3 << 17 };

static char whole[1 << 16] __attribute__((aligned(64))); /* it has one thread that calls this */

static long call(int request, long pid, void *where, void *data)
{
    return syscall(SYS_ptrace, request, pid, where, data);
}

static long transfer(int request, long pid, void *where, struct iovec *given)
{
    struct iovec all = {whole, sizeof whole};
    long result = call(GETREGSET, pid, where, &all);
    if (result < 0)
        return result;
    size_t part = given->iov_len < all.iov_len ? given->iov_len : all.iov_len;
    if (request == GETREGSET) {
        memcpy(given->iov_base, whole, part);
        given->iov_len = part;
        return result;
    }
    memcpy(whole, given->iov_base, part);
    if (part < all.iov_len)
        *(unsigned long *)(whole + HEADER) &= ~(unsigned long)TILES;
    return call(SETREGSET, pid, where, &all);
}

long ptrace(int request, ...)
{
    va_list rest;
    va_start(rest, request);
    long pid = va_arg(rest, int);
    void *where = va_arg(rest, void *), *data = va_arg(rest, void *);
    va_end(rest);
    if ((request == GETREGSET || request == SETREGSET) && (long)where == X86_XSTATE)
        return transfer(request, pid, where, data);
    if (request < PEEKTEXT || request > PEEKUSER)
        return call(request, pid, where, data);
    long word = 0, result = call(request, pid, where, &word); /* glibc gives the word back, and not through data */
    if (result < 0)
        return result;
    errno = 0;
    return word;
}
