/* dup(2), dup2(2), dup3(2), and F_DUPFD of fcntl(2). */
#include <fcntl.h>
#include <unistd.h>

#include "mutant.h"

static bool closes_on_exec(int fd) { return real.fcntl(fd, F_GETFD) == FD_CLOEXEC; }

/* A duplicate that has the flag of the first descriptor. */
static int flagged(int from, int fd)
{
    struct sock s;
    if (fd >= 0 && watched(from, &s) && closes_on_exec(from) && ON(close_duplicate_keeps_flag))
        real.fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* F_SETFD sets the flag of every descriptor of the socket. */
void flag_spreads(int fd, int flag)
{
    enum { FEW = 64 };
    uint64_t inode = inode_of(fd);
    if (flag && ON(close_exec_spreads))
        for (int other = 0; other < FEW; other++)
            if (inode_of(other) == inode)
                real.fcntl(other, F_SETFD, FD_CLOEXEC);
}

/* What has the number already stays open under another one. */
static void leave_old(int from, int to)
{
    struct sock s;
    if (from != to && watched(to, &s) && real.fcntl(from, F_GETFD) >= 0 && ON(close_duplicate_leaves_old))
        leak(to);
}

int dup(int fd) { return flagged(fd, real.dup(fd)); }

int dup2(int from, int to)
{
    struct sock s;
    leave_old(from, to);
    if (from == to && watched(from, &s) && ON(close_duplicate_itself_refused))
        return fail(EINVAL);
    return from == to ? real.dup2(from, to) : flagged(from, real.dup2(from, to));
}

int dup3(int from, int to, int flags)
{
    struct sock s;
    leave_old(from, to);
    if (from == to && watched(from, &s) && ON(close_duplicate_itself_allowed))
        return to;
    if ((flags & O_CLOEXEC) && watched(from, &s) && ON(close_duplicate_drops_flag))
        flags &= ~O_CLOEXEC;
    return real.dup3(from, to, flags);
}

/* The command and the lowest number with which fcntl(2) duplicates. */
void duplicating(int *command, void **lowest)
{
    if (*command != F_DUPFD && *command != F_DUPFD_CLOEXEC)
        return;
    if ((long)*lowest > 0 && ON(close_duplicate_below))
        *lowest = NULL;
    if (*command == F_DUPFD_CLOEXEC && ON(close_duplicate_drops_flag))
        *command = F_DUPFD;
}
