/* Single faults at the boundary that fit no other file: settings that are refused here and there, and what a call leaves
 * as it was.
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

static bool socket_level(const struct option *o, int name) { return o->level == SOL_SOCKET && o->name == name; }

static bool is_unix(const struct sock *s) { return s->domain == AF_UNIX; }

/* Is true if the setting is answered without the kernel. */
/* A priority that is set once stays. */
static bool was_set(const struct sock *s)
{
    int64_t before;
    if (!ON(values_again_ignored))
        return false;
    if (memo_get(s, &before))
        return true;
    memo_set(s, 1);
    return false;
}

bool setting_faulty(const struct option *o, int *result)
{
    *result = corners_unset(o) || siblings_unset(o) ? fail(EINVAL) : 0;
    if (*result || corners_ignored(o))
        return true;
    if (socket_level(o, SO_PRIORITY) && was_set(&o->s))
        return true;
    if (socket_level(o, SO_KEEPALIVE) && ON(values_setting_spreads))
        set_option(o->s.fd, SOL_SOCKET, SO_OOBINLINE, 1);
    if (socket_level(o, SO_RCVBUF) && is_datagram(&o->s) && ON(buffers_receive_datagram_ignored))
        return true;
    if (socket_level(o, SO_LINGER) && is_unix(&o->s) && ON(linger_unix_refused))
        *result = fail(EINVAL);
    else if (socket_level(o, SO_REUSEPORT) && is_datagram(&o->s) && ON(reuse_port_datagram_refused))
        *result = fail(ENOPROTOOPT);
    else if (socket_level(o, SO_KEEPALIVE) && is_unix(&o->s) && ON(keepalive_unix_refused))
        *result = fail(ENOPROTOOPT);
    else if (o->level == IPPROTO_TCP && is_inet(&o->s) && is_datagram(&o->s) && ON(options_tcp_datagram_allowed))
        return true;
    return *result != 0;
}

int question_refused(const struct option *o)
{
    if (socket_level(o, SO_ERROR) && is_unix(&o->s) && ON(errors_soerror_unix_refused))
        return EINVAL;
    if (socket_level(o, SO_RCVLOWAT) && ON(buffers_rcvlowat_get_refused))
        return EINVAL;
    if ((socket_level(o, SO_RCVTIMEO) || socket_level(o, SO_SNDTIMEO)) && ON(timeouts_get_refused))
        return ENOPROTOOPT;
    return 0;
}

/* Waits for an error as others wait for data. */
static void await_error(const struct incoming *in)
{
    struct pollfd one = {.fd = in->s.fd};
    bool asks = (in->flags & (MSG_ERRQUEUE | MSG_DONTWAIT)) == MSG_ERRQUEUE;
    if (asks && !nonblocking(one.fd) && real.poll(&one, 1, 0) == 0 && ON(receive_errqueue_waits))
        real.poll(&one, 1, -1);
}

bool receive_faulty(const struct incoming *in)
{
    const int of_sends = MSG_NOSIGNAL | MSG_MORE | MSG_DONTROUTE | MSG_CONFIRM;
    if ((in->flags & of_sends) && ON(receive_flags_of_sends_refused))
        return true;
    await_error(in);
    bool asks = in->path == BY_SENDMSG && in->room > 0;
    return asks && is_unix(&in->s) && option_of(in->s.fd, SOL_SOCKET, SO_PASSCRED, 0) && ON(receive_credentials_refused);
}

static void lose_scope(const struct msghdr *msg)
{
    struct sockaddr_in6 *from = msg->msg_name;
    if (from && msg->msg_namelen >= sizeof *from && from->sin6_family == AF_INET6 && from->sin6_scope_id
        && ON(receive_scope_lost))
        from->sin6_scope_id = 0;
}

/* What went into a later buffer lies one byte behind its place. */
static void misplace(const struct incoming *in, ssize_t n)
{
    const struct iovec *v = in->msg->msg_iov;
    size_t last = in->msg->msg_iovlen - 1;
    bool reaches = in->msg->msg_iovlen > 1 && !is_stream(&in->s) && n > (ssize_t)total_length(v, last);
    if (reaches && v[last].iov_len > 1 && ON(receive_buffers_record_misplaced))
        memmove((char *)v[last].iov_base + 1, v[last].iov_base, v[last].iov_len - 1);
}

/* The members of the header that a receive must write. */
void header_kept(struct incoming *in, ssize_t n, int flags_before)
{
    if (n >= 0)
        lose_scope(in->msg);
    misplace(in, n);
    if (n < 0 || in->path != BY_SENDMSG)
        return;
    if (ON(receive_header_flags_kept))
        in->msg->msg_flags = flags_before;
    if (in->flags & MSG_PEEK && ON(receive_header_flags_echoed))
        in->msg->msg_flags |= MSG_PEEK;
    if (in->room > 0 && in->msg->msg_controllen == 0 && ON(receive_header_control_kept))
        in->msg->msg_controllen = in->room;
}

bool listener_counted(const struct sock *s, unsigned long request, int result, int *bytes)
{
    if (result == 0 || request != FIONREAD || !is_listener(s) || !ON(buffers_unread_listener_zero))
        return false;
    *bytes = 0;
    return true;
}

static bool is_mapped(const struct sockaddr *name, socklen_t length)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)name;
    return length >= sizeof *six && six->sin6_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
}

static bool is_broadcast(const struct sockaddr *name, socklen_t length)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)name;
    return length >= sizeof *four && four->sin_family == AF_INET && four->sin_addr.s_addr == INADDR_BROADCAST;
}

/* The file that a path leads to, in place of the link. */
static bool led_on(struct sockaddr_un *name)
{
    char target[sizeof name->sun_path] = "", *slash = strrchr(name->sun_path, '/');
    ssize_t n = readlink(name->sun_path, target, sizeof target - 1);
    if (n <= 0 || !ON(bind_unix_link_followed))
        return false;
    slash = target[0] != '/' && slash ? slash + 1 : name->sun_path;
    snprintf(slash, sizeof name->sun_path - (size_t)(slash - name->sun_path), "%s", target);
    return true;
}

static bool extended(struct sockaddr_un *name)
{
    char path[sizeof name->sun_path];
    if (name->sun_path[0] == '/' || !ON(bind_unix_relative_extended))
        return false;
    snprintf(path, sizeof path, "./%.100s", name->sun_path);
    memcpy(name->sun_path, path, sizeof path);
    return true;
}

/* Is true if the name is bound, or refused, here. */
bool bind_faulty(const struct sock *s, const struct sockaddr *given, socklen_t length, int *result)
{
    struct sockaddr_un name = {0};
    bool abstract = is_unix(s) && length > sizeof(sa_family_t) + 1 && !given->sa_data[0];
    if (scope_needed(s, length) || (abstract && length < 8 && ON(bind_abstract_short_refused))) {
        *result = fail(EINVAL);
        return true;
    }
    bool refused = is_mapped(given, length) && ON(bind_mapped_refused);
    if (refused || (is_broadcast(given, length) && ON(bind_broadcast_refused))) {
        *result = fail(EADDRNOTAVAIL);
        return true;
    }
    if (!is_unix(s) || length <= sizeof(sa_family_t) || length > sizeof name || !given->sa_data[0])
        return false;
    memcpy(&name, given, length);
    name.sun_path[sizeof name.sun_path - 1] = 0;
    if (!led_on(&name) && !extended(&name))
        return false;
    *result = real.bind(s->fd, (struct sockaddr *)&name, sizeof name);
    return true;
}

/* The address of a client of IPv4, in the structure of IPv4. */
void accepted_mapped(struct sockaddr *name, socklen_t *length, socklen_t room)
{
    const struct sockaddr_in6 six = room >= sizeof six ? *(struct sockaddr_in6 *)name : (struct sockaddr_in6){0};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six.sin6_port};
    if (!is_mapped((const struct sockaddr *)&six, sizeof six) || !ON(accept_mapped_as_ip4))
        return;
    memcpy(&four.sin_addr, (const char *)&six.sin6_addr + 12, sizeof four.sin_addr);
    memcpy(name, &four, sizeof four);
    *length = sizeof four;
}

/* The error of a connect(2) that is answered without the kernel, or 0. */
int connect_faulty(const struct sock *s, const struct sockaddr *name, socklen_t length)
{
    if (scope_needed(s, length))
        return EINVAL;
    if (is_mapped(name, length) && ON(connect_mapped_refused))
        return ENETUNREACH;
    if (is_datagram(s) && name->sa_family == AF_UNSPEC && !connected(s->fd) && ON(connect_nobody_refused))
        return ENOTCONN;
    if (!is_datagram(s) || name->sa_family == AF_UNSPEC)
        return 0;
    if (is_unix(s) && connected(s->fd) && ON(connect_datagram_unix_once))
        return EISCONN;
    if (queued(s->fd, FIONREAD) && ON(connect_datagram_flushes))
        drain(s->fd);
    connects_anew(s);
    return 0;
}

int connected_faulty(const struct sock *s, const struct sockaddr *name, int result)
{
    bool sets = result == 0 && is_datagram(s) && name->sa_family != AF_UNSPEC;
    if (result == 0 && option_of(s->fd, SOL_SOCKET, SO_PRIORITY, 0) && ON(values_connecting_forgets))
        set_option(s->fd, SOL_SOCKET, SO_PRIORITY, 0);
    return sets && nonblocking(s->fd) && ON(connect_datagram_as_inprogress) ? fail(EINPROGRESS) : result;
}

/* F_SETSIG and F_SETOWN_EX: is true if the command does nothing. */
bool command_ignored(int command)
{
    if (command == F_SETSIG)
        return ON(owners_signal_ignored);
    if (command == F_GETSIG)
        return ON(owners_signal_told_none);
    return command == F_SETOWN_EX && ON(owners_thread_ignored);
}

/* F_SETOWN_EX of a thread, taken for one of its process. */
void owner_widened(int command, void *argument)
{
    struct f_owner_ex *owner = argument;
    if (command == F_SETOWN_EX && owner->type == F_OWNER_TID && ON(owners_thread_as_process))
        owner->type = F_OWNER_PID;
}

/* A free number far above the lowest one. */
int numbered(int fd, bool closes_on_exec)
{
    enum { HIGH = 400 };
    int high;
    if (fd < 0 || !ON(socket_number_high))
        return fd;
    high = real.fcntl(fd, closes_on_exec ? F_DUPFD_CLOEXEC : F_DUPFD, HIGH);
    if (high < 0)
        return fd;
    real.close(fd);
    return high;
}

bool nothing_refused(nfds_t count) { return count == 0 && awake() && ON(poll_entries_none_refused); }

static bool is_file(int fd)
{
    struct stat about;
    int saved = errno;
    bool yes = awake() && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    errno = saved;
    return yes;
}

/* How many of `ready` are left when regular files are not told. */
int without_files(struct pollfd *fds, nfds_t count, int ready)
{
    for (nfds_t i = 0; ready > 0 && i < count; i++)
        if (fds[i].revents && is_file(fds[i].fd) && ON(poll_entries_file_silent)) {
            fds[i].revents = 0;
            ready--;
        }
    return ready;
}

static int bits(const struct pollfd *fds, nfds_t count)
{
    int sum = 0;
    for (nfds_t i = 0; i < count; i++)
        sum += __builtin_popcount((unsigned short)fds[i].revents);
    return sum;
}

/* Whether another entry before has events of the same descriptor. */
static bool told_before(const struct pollfd *fds, nfds_t at)
{
    for (nfds_t i = 0; i < at; i++)
        if (fds[at].revents && fds[i].fd == fds[at].fd && fds[i].revents)
            return true;
    return false;
}

/* What poll(2) gives and tells, once it is known what is ready. */
int miscounted(struct pollfd *fds, nfds_t count, int ready)
{
    for (nfds_t i = 0; ready > 0 && i < count; i++) {
        if (told_before(fds, i) && ON(poll_entries_once))
            ready -= fds[i].revents != 0, fds[i].revents = 0;
        if (fds[i].revents && fds[i].revents != fds[i].events && ON(poll_entries_request_changed))
            fds[i].events = fds[i].revents;
    }
    return ready > 0 && bits(fds, count) != ready && ON(poll_count_of_bits) ? bits(fds, count) : ready;
}

/* Messages of which the shape is no matter. */
bool shape_refused(const struct outgoing *o)
{
    const struct msghdr *msg = &o->msg;
    bool controls = is_unix(&o->s) && msg->msg_control && msg->msg_controllen >= sizeof(struct cmsghdr);
    if ((o->flags & MSG_NOSIGNAL) && msg->msg_name && ON(send_nosignal_address_refused))
        return true;
    if (is_unix(&o->s) && !is_stream(&o->s) && o->length > 65536 && ON(send_local_large_refused))
        return true;
    if (msg->msg_iovlen == 0 && !is_stream(&o->s) && ON(send_buffers_none_refused))
        return true;
    if (destination_refused(o) || (msg->msg_name && scope_needed(&o->s, msg->msg_namelen)))
        return true;
    if (controls && msg->msg_iovlen > 1 && ON(send_rights_buffers_refused))
        return true;
    return controls && ((struct cmsghdr *)msg->msg_control)->cmsg_level != SOL_SOCKET && ON(send_control_level_refused);
}
