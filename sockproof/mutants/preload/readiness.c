/* Which bits a waiting call reports: rules for poll(2) and epoll(7), whose bits have the same values. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>

#include "mutant.h"

struct bit_rule {
    enum mutant mutant;
    enum waiter waiter;
    uint32_t asked; /* the caller asked for all of these */
    uint32_t with;  /* the kernel reports all of these */
    uint32_t without; /* and none of these */
    uint32_t clear;
    uint32_t set;
    bool (*when)(const struct sock *);
};

static bool ended(const struct sock *s) { return is_stream(s) && at_end_of_file(s->fd); }

static bool is_unix(const struct sock *s) { return s->domain == AF_UNIX; }

/* Own direction shut down, in every state that follows the FIN that was sent. */
bool finished_sending(const struct sock *s)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    int saved = errno;
    bool known = is_inet(s) && real.getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0;
    errno = saved;
    return known && info.tcpi_state != TCP_ESTABLISHED && info.tcpi_state != TCP_CLOSE_WAIT
        && info.tcpi_state != TCP_SYN_SENT && info.tcpi_state != TCP_SYN_RECV;
}

static bool was_never_used(const struct sock *s)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    int saved = errno;
    bool bound = real.getsockname(s->fd, (struct sockaddr *)&name, &length) != 0 || length > sizeof(sa_family_t);
    errno = saved;
    return is_inet(s) ? ((const struct sockaddr_in *)&name)->sin_port == 0 : !bound;
}

#define IN (POLLIN | POLLRDNORM)
#define OUT (POLLOUT | POLLWRNORM)
#define POLL(name) M_poll_##name, WAIT_POLL
#define EPOLL(name) M_epoll_##name, WAIT_EPOLL

static const struct bit_rule rules[] = {
    {POLL(hup_missing), 0, POLLHUP, 0, POLLHUP, 0, NULL},
    {POLL(hup_at_half_close), 0, POLLIN, POLLHUP, 0, POLLHUP, ended},
    {POLL(rdhup_missing), 0, POLLRDHUP, 0, POLLRDHUP, 0, NULL},
    {POLL(rdhup_surplus), POLLRDHUP, POLLIN, POLLRDHUP, 0, POLLRDHUP, is_stream},
    {POLL(err_missing), 0, POLLERR, 0, POLLERR, 0, NULL},
    {POLL(err_missing_at_unix), 0, POLLERR, 0, POLLERR, 0, is_unix},
    {POLL(err_with_hup), 0, POLLHUP, POLLERR, 0, POLLERR, NULL},
    {POLL(in_missing_at_eof), 0, POLLIN, 0, IN, 0, ended},
    {POLL(in_missing_with_error), 0, POLLIN | POLLERR, 0, IN, 0, NULL},
    {POLL(in_missing_at_listener), 0, POLLIN, 0, IN, 0, is_listener},
    {POLL(in_missing_for_datagram), 0, POLLIN, 0, IN, 0, is_datagram},
    {POLL(out_missing_after_shutdown), 0, POLLOUT, 0, OUT, 0, finished_sending},
    {POLL(out_missing_with_error), 0, POLLOUT | POLLERR, 0, OUT, 0, NULL},
    {POLL(out_never), 0, POLLOUT, POLLERR | POLLHUP, OUT, 0, NULL},
    {POLL(in_with_urgent), POLLIN, POLLPRI, POLLIN, 0, POLLIN, is_inet},
    {POLL(pri_missing), 0, POLLPRI, 0, POLLPRI, 0, NULL},
    {POLL(pri_surplus), POLLPRI, POLLIN, POLLPRI, 0, POLLPRI, NULL},
    {POLL(normal_missing), POLLRDNORM, POLLRDNORM, 0, POLLRDNORM, 0, NULL},
    {POLL(normal_missing), POLLWRNORM, POLLWRNORM, 0, POLLWRNORM, 0, NULL},
    {EPOLL(hup_missing), 0, POLLHUP, 0, POLLHUP, 0, NULL},
    {EPOLL(hup_missing_when_new), 0, POLLHUP, 0, POLLHUP, 0, was_never_used},
    {EPOLL(hup_at_half_close), 0, POLLIN, POLLHUP, 0, POLLHUP, ended},
    {EPOLL(rdhup_missing), 0, POLLRDHUP, 0, POLLRDHUP, 0, NULL},
    {EPOLL(err_missing), 0, POLLERR, 0, POLLERR, 0, NULL},
    {EPOLL(in_missing_at_eof), 0, POLLIN, 0, IN, 0, ended},
    {EPOLL(out_missing_with_error), 0, POLLOUT | POLLERR, 0, OUT, 0, NULL},
    {EPOLL(pri_missing), 0, POLLPRI, 0, POLLPRI, 0, NULL},
};

static bool applies(const struct bit_rule *r, const struct sock *s, enum waiter waiter, uint32_t asked, uint32_t got)
{
    return r->waiter == waiter && (asked & r->asked) == r->asked && (got & r->with) == r->with
        && !(got & r->without) && (!r->when || r->when(s));
}

uint32_t amended(const struct sock *s, enum waiter waiter, uint32_t asked, uint32_t got)
{
    uint32_t before = got;
    for (size_t i = 0; before && i < sizeof rules / sizeof rules[0]; i++)
        if (applies(&rules[i], s, waiter, asked, before) && mutant_on(rules[i].mutant))
            got = (got & ~rules[i].clear) | rules[i].set;
    return siblings_told(s, asked, corners_told(s, waiter, got));
}
