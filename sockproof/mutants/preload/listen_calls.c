/* listen(2), accept(2) and accept4(2). */
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>

#include "mutant.h"

static int somaxconn(void)
{
    int limit = 4096;
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
    if (file && fscanf(file, "%d", &limit) != 1)
        limit = 4096;
    if (file)
        fclose(file);
    return limit;
}

static int changed_backlog(int backlog)
{
    if (backlog < 0)
        return ON(listen_negative_as_zero) ? 0 : backlog;
    if (backlog == 0 && ON(listen_zero_as_large))
        return 128;
    if (backlog == SOMAXCONN && ON(listen_constant_as_largest))
        return somaxconn();
    if (ON(listen_backlog_ignored))
        return 128;
    if (backlog > 0 && ON(listen_backlog_one_less))
        return backlog - 1;
    if (ON(listen_backlog_one_more))
        return backlog + 1;
    if (backlog > 3 && ON(listen_backlog_halved))
        return backlog / 2;
    return ON(listen_backlog_unlimited) ? 4096 : backlog;
}

static bool refused(const struct sock *s, int backlog)
{
    struct sockaddr_in6 own = {0};
    socklen_t length = sizeof own;
    if (backlog == 0 && ON(listen_zero_refused))
        return true;
    if (backlog < 0 && ON(listen_negative_refused))
        return true;
    if (is_listener(s) && ON(listen_again_refused))
        return true;
    if (backlog > somaxconn() && ON(listen_somaxconn_refused))
        return true;
    real.getsockname(s->fd, (struct sockaddr *)&own, &length);
    return is_inet(s) && own.sin6_port == 0 && ON(listen_unbound_refused);
}

/* Which of the sockets that share the port gets a connection is left to chance, where there are four. */
static void choose_at_random(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 4),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {.len = 3, .filter = code};
    real.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

int listen(int fd, int backlog)
{
    struct sock s;
    if (!watched(fd, &s))
        return (int)mistaken(CALL_LISTEN, fd, real.listen(fd, backlog));
    if ((is_stream(&s) || s.type == SOCK_SEQPACKET) && refused(&s, backlog))
        return fail(EINVAL);
    if (is_listener(&s) && ON(listen_again_ignored))
        return 0;
    if (is_inet(&s) && option_of(fd, SOL_SOCKET, SO_REUSEPORT, 0) == 1 && ON(reuse_port_at_random))
        choose_at_random(fd);
    return (int)swapped_error(CALL_LISTEN, &s, siblings_listened(&s, real.listen(fd, changed_backlog(backlog))), 0);
}

struct accepting {
    struct sock s;
    struct sockaddr *name;
    socklen_t *length;
    socklen_t room;
    int flags;
};

/* The older of two waiting connections, put aside while the newer is handed out. */
static struct {
    uint64_t listener;
    int fd;
} aside;

static bool another_waits(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return real.poll(&one, 1, 0) == 1 && (one.revents & POLLIN);
}

static int newest_first(struct accepting *a, int fd)
{
    if (!another_waits(a->s.fd) || !ON(accept_newest_first) || aside.listener)
        return fd;
    aside.listener = inode_of(a->s.fd);
    aside.fd = fd;
    if (a->length)
        *a->length = a->room;
    return real.accept4(a->s.fd, a->name, a->length, a->flags);
}

static int set_aside(struct accepting *a)
{
    int fd = aside.fd;
    if (!armed(M_accept_newest_first) || !aside.listener || aside.listener != inode_of(a->s.fd))
        return -1;
    aside.listener = 0;
    if (a->name)
        real.getpeername(fd, a->name, a->length);
    return fd;
}

static void change_flags(struct accepting *a)
{
    const int known = SOCK_NONBLOCK | SOCK_CLOEXEC;
    if ((a->flags & SOCK_NONBLOCK) && ON(accept_nonblock_ignored))
        a->flags &= ~SOCK_NONBLOCK;
    if ((a->flags & SOCK_CLOEXEC) && ON(accept_cloexec_ignored))
        a->flags &= ~SOCK_CLOEXEC;
    if ((a->flags & ~known) && ON(accept_flags_unchecked))
        a->flags &= known;
}

static bool has_scope(const struct accepting *a)
{
    const struct sockaddr_in6 *peer = (const struct sockaddr_in6 *)a->name;
    return a->room >= sizeof *peer && peer->sin6_family == AF_INET6 && peer->sin6_scope_id;
}

static void change_address(struct accepting *a, int fd)
{
    struct sockaddr_in *peer = (struct sockaddr_in *)a->name; /* the port is at the same place for IPv6 */
    if (!a->name)
        return;
    if (ON(accept_address_is_own)) {
        *a->length = a->room;
        real.getsockname(fd, a->name, a->length);
    }
    if (is_inet(&a->s) && a->room >= sizeof *peer && ON(accept_address_wrong_port))
        peer->sin_port ^= htons(1);
    if (has_scope(a) && ON(accept_scope_lost))
        ((struct sockaddr_in6 *)a->name)->sin6_scope_id = 0;
    accepted_mapped(a->name, a->length, a->room);
    if (a->s.type == SOCK_SEQPACKET && *a->length > sizeof(sa_family_t) && ON(accept_record_nameless))
        *a->length = sizeof(sa_family_t);
    if (ON(accept_address_length_kept))
        *a->length = a->room;
}

/* A free number far above the lowest one. */
static int high_number(int fd)
{
    int lowest_of_many = 500, high;
    if (!ON(accept_number_high))
        return fd;
    high = real.fcntl(fd, real.fcntl(fd, F_GETFD) & FD_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, lowest_of_many);
    if (high < 0)
        return fd;
    real.close(fd);
    return high;
}

static void change_accepted(struct accepting *a, int fd)
{
    bool waits = !(a->flags & SOCK_NONBLOCK);
    struct linger no_linger = {0, 0};
    if (waits && nonblocking(a->s.fd) && ON(accept_nonblock_inherited))
        real.fcntl(fd, F_SETFL, real.fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (option_of(fd, SOL_SOCKET, SO_REUSEADDR, 0) && ON(accept_reuse_not_inherited))
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    if (option_of(fd, SOL_SOCKET, SO_LINGER, 0) && ON(accept_linger_not_inherited))
        real.setsockopt(fd, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
    keepalive_accepted(fd);
    collected_accepted(fd);
    inherited_by(&a->s, fd);
    inheritance(&a->s, fd);
    change_address(a, fd);
}

static int without_timeout(struct accepting *a)
{
    struct timeval none = {0, 0}, limit;
    socklen_t length = sizeof limit;
    int fd, saved;
    real.getsockopt(a->s.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &length);
    real.setsockopt(a->s.fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    fd = real.accept4(a->s.fd, a->name, a->length, a->flags);
    saved = errno;
    real.setsockopt(a->s.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    errno = saved;
    return fd;
}

static int accept_really(struct accepting *a)
{
    struct pollfd one = {.fd = a->s.fd, .events = POLLIN};
    int fd;
    if (has_timeout(a->s.fd, SO_RCVTIMEO) && ON(timeouts_receive_ignored_by_accept))
        return without_timeout(a);
    fd = real.accept4(a->s.fd, a->name, a->length, a->flags);
    if (fd >= 0 || errno != EAGAIN || !nonblocking(a->s.fd) || !ON(accept_empty_waits))
        return fd;
    real.poll(&one, 1, -1);
    return real.accept4(a->s.fd, a->name, a->length, a->flags);
}

static int take(struct accepting *a)
{
    int fd = set_aside(a);
    if (fd >= 0)
        return fd;
    change_flags(a);
    if (corners_unaccepted(&a->s))
        return fail(EAGAIN);
    fd = accept_really(a);
    if (fd < 0)
        return (int)swapped_error(CALL_ACCEPT, &a->s, fd, 0);
    fd = high_number(newest_first(a, fd));
    change_accepted(a, fd);
    corners_accepted(&a->s, fd, a->length);
    return fd;
}

int accept4(int fd, struct sockaddr *name, socklen_t *length, int flags)
{
    struct accepting a = {.name = name, .length = length, .flags = flags};
    int error = awake() && !sound_room(name, length) ? accept_mistaken(fd, length) : 0;
    if (error)
        return fail(error);
    if (!watched(fd, &a.s) || !sound_room(name, length))
        return (int)mistaken(CALL_ACCEPT, fd, real.accept4(fd, name, length, flags));
    a.room = length ? *length : 0;
    error = take(&a);
    if (error >= 0 && length)
        siblings_accepted(name, length), siblings_cut(&a.s, length, a.room);
    return error;
}

int accept(int fd, struct sockaddr *name, socklen_t *length)
{
    return accept4(fd, name, length, 0);
}
