/* shutdown(2) and close(2). */
#include <dirent.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mutant.h"

/* None that a caller could ask for; -1 is one that a caller may try. */
enum { SHUT_NOTHING = INT_MIN };
enum { MOST_DESCRIPTORS = 256 };

struct how_rule {
    enum mutant mutant;
    int asked;
    int done;
};

static const struct how_rule how_rules[] = {
    {M_shutdown_rd_as_wr, SHUT_RD, SHUT_WR},
    {M_shutdown_rd_as_rdwr, SHUT_RD, SHUT_RDWR},
    {M_shutdown_rd_ignored, SHUT_RD, SHUT_NOTHING},
    {M_shutdown_wr_as_rd, SHUT_WR, SHUT_RD},
    {M_shutdown_wr_as_rdwr, SHUT_WR, SHUT_RDWR},
    {M_shutdown_wr_ignored, SHUT_WR, SHUT_NOTHING},
    {M_shutdown_rdwr_as_rd, SHUT_RDWR, SHUT_RD},
    {M_shutdown_rdwr_as_wr, SHUT_RDWR, SHUT_WR},
    {M_shutdown_rdwr_ignored, SHUT_RDWR, SHUT_NOTHING},
};

/* Another descriptor of this process for the same socket. */
static bool duplicated(int fd)
{
    uint64_t inode = inode_of(fd);
    DIR *all = opendir("/proc/self/fd");
    struct dirent *entry;
    bool found = false;
    while (all && !found && (entry = readdir(all))) {
        int other = atoi(entry->d_name);
        found = entry->d_name[0] != '.' && other != fd && inode_of(other) == inode;
    }
    if (all)
        closedir(all);
    return found;
}

static bool lingers(int fd)
{
    struct linger option = {0, 0};
    socklen_t length = sizeof option;
    real.getsockopt(fd, SOL_SOCKET, SO_LINGER, &option, &length);
    return option.l_onoff;
}

static int how_of_listener(int how)
{
    if (how == SHUT_WR && ON(shutdown_listener_wr_stops))
        return SHUT_RDWR;
    return ON(shutdown_listener_ignored) ? SHUT_NOTHING : how;
}

static bool stands_apart(const struct sock *s)
{
    return s->domain == AF_UNIX && is_stream(s) && !connected(s->fd) && !is_listener(s);
}

static int changed_how(const struct sock *s, int how)
{
    int done = how;
    if (!connected(s->fd))
        return is_listener(s) ? how_of_listener(how) : how;
    if (duplicated(s->fd) && ON(shutdown_duplicate_ignored))
        return SHUT_NOTHING;
    for (size_t i = 0; i < sizeof how_rules / sizeof how_rules[0]; i++)
        if (how_rules[i].asked == how && mutant_on(how_rules[i].mutant))
            done = how_rules[i].done;
    return done;
}

static bool connecting(const struct sock *s)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    return is_inet(s) && real.getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
        && info.tcpi_state == TCP_SYN_SENT;
}

int shutdown(int fd, int how)
{
    struct sock s;
    int done;
    if (!watched(fd, &s))
        return (int)mistaken(CALL_SHUTDOWN, fd, real.shutdown(fd, how));
    if (how == SHUT_WR && finished_sending(&s) && connected(fd) && ON(shutdown_again_refused))
        return fail(ENOTCONN);
    if (how == SHUT_WR && is_stream(&s) && queued(fd, FIONREAD) && ON(shutdown_wr_discards_unread))
        drain(fd);
    if (how == SHUT_WR && is_datagram(&s) && is_inet(&s) && connected(fd) && ON(shutdown_datagram_wr_ignored))
        return 0;
    if (stands_apart(&s) && ON(shutdown_unix_unconnected_refused))
        return fail(ENOTCONN);
    if (connecting(&s) && ON(shutdown_connecting_refused))
        return fail(ENOTCONN);
    if (how != SHUT_RD)
        linger_shutdown(&s);
    done = changed_how(&s, how);
    if (done == SHUT_NOTHING)
        return 0;
    return (int)swapped_error(CALL_SHUTDOWN, &s, siblings_shut(&s, async_shutdown(fd, done)), 0);
}

static void abort_on_close(int fd)
{
    struct linger at_once = {1, 0};
    real.setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void before_closing_unread(const struct sock *s)
{
    if (is_inet(s) && ON(close_unread_as_fin))
        drain(s->fd);
    if (!is_inet(s) && ON(close_unix_unread_as_eof))
        drain(s->fd);
}

/* Nobody has read the end yet: a recv() that gave 0 is noted. */
static bool end_unread(const struct sock *s)
{
    int64_t noted;
    return at_end_of_file(s->fd) && !(memo_get(s, &noted) && noted == END_READ);
}

static void before_closing_stream(const struct sock *s)
{
    bool unread = queued(s->fd, FIONREAD) > 0;
    if (unread)
        before_closing_unread(s);
    if (ON(close_end_withheld))
        leak(s->fd);
    if (!is_inet(s) || lingers(s->fd))
        return;
    if (queued(s->fd, SIOCOUTQ) > 0 && ON(close_unsent_discarded))
        abort_on_close(s->fd);
    if (!unread && ON(close_reader_woken))
        real.shutdown(s->fd, SHUT_RDWR);
    if (!finished_sending(s) && end_unread(s) && ON(close_eof_unread_resets))
        abort_on_close(s->fd);
    if (!unread && !finished_sending(s) && ON(close_as_reset))
        abort_on_close(s->fd);
}

/* Ends the connections of this process that came by the listener: those with its address. */
static void end_accepted(const struct sock *s)
{
    struct sockaddr_storage own = {0}, theirs;
    socklen_t length = sizeof own, size;
    real.getsockname(s->fd, (struct sockaddr *)&own, &length);
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
        size = sizeof theirs;
        memset(&theirs, 0, sizeof theirs);
        if (fd == s->fd || real.getsockname(fd, (struct sockaddr *)&theirs, &size) != 0 || !connected(fd))
            continue;
        if (size == length && memcmp(&own, &theirs, length) == 0)
            real.shutdown(fd, SHUT_RDWR);
    }
}

/* A socket that was registered with epoll, as epoll_calls.c has noted it: the instance and the descriptor. */
static void close_registered(const struct sock *s)
{
    int64_t noted;
    struct epoll_event none = {0};
    bool keeps = armed(M_epoll_close_keeps), forgets = armed(M_epoll_close_forgets);
    if (!(keeps || forgets) || !memo_get(s, &noted) || (int32_t)noted != s->fd)
        return;
    if (keeps)
        leak(s->fd);
    else
        real.epoll_ctl((int)(noted >> 32), EPOLL_CTL_DEL, s->fd, &none);
}

static void before_closing(const struct sock *s)
{
    if (is_stream(s) && connecting(s) && ON(close_connecting_goes_on))
        leak(s->fd);
    close_registered(s);
    if (s->domain == AF_UNIX)
        local_closing(s), collected_closing(s);
    cork_closing(s);
    program_closing(s);
    if (is_listener(s)) {
        if (ON(close_listener_for_all))
            real.shutdown(s->fd, SHUT_RDWR);
        if (ON(close_listener_ends_accepted))
            end_accepted(s);
        if (ON(close_listener_keeps_listening))
            leak(s->fd);
        return;
    }
    if (is_stream(s) && connected(s->fd)) {
        if (duplicated(s->fd)) {
            if (ON(close_duplicate_shuts_down))
                real.shutdown(s->fd, SHUT_RDWR);
            return;
        }
        before_closing_stream(s);
    }
    if (multicast_member(s) && ON(multicast_close_keeps_member))
        leak(s->fd);
}

int close(int fd)
{
    struct sock s;
    int result, saved = errno;
    if (!watched(fd, &s))
        return real.close(fd);
    if (is_stream(&s) && connected(fd) && ON(close_descriptor_kept))
        return real.shutdown(fd, SHUT_RDWR), 0;
    before_closing(&s);
    corners_closing(&s);
    repair_before_close(&s);
    errno = saved;
    return linger_close(&s, &result) ? result : real.close(fd);
}
