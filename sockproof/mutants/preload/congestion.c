/* TCP_CONGESTION, and which sizes and algorithms an accepted socket or a reader has. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "mutant.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
enum { SEND_LOCKED = 1, RECEIVE_LOCKED = 2, OWN_SIZE = 30000 };

static bool names_algorithm(const struct option *o) { return o->level == IPPROTO_TCP && o->name == TCP_CONGESTION; }

bool congestion_set(const struct option *o)
{
    return names_algorithm(o) && ON(congestion_choice_ignored);
}

void congestion_get(const struct option *o, void *value, socklen_t length)
{
    if (names_algorithm(o) && length >= 4 && ON(congestion_name_wrong))
        memcpy(value, "none", 4);
}

static void reset_algorithm(int listener, int fd)
{
    char own[16] = "", generic[16] = "";
    socklen_t length = sizeof own, size = sizeof generic;
    int saved = errno, fresh = real.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    real.getsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, own, &length);
    real.getsockopt(fresh, IPPROTO_TCP, TCP_CONGESTION, generic, &size);
    real.close(fresh);
    errno = saved;
    if (strncmp(own, generic, sizeof own) != 0 && ON(congestion_accepted_not_inherited))
        real.setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, generic, (socklen_t)strnlen(generic, sizeof generic));
    errno = saved;
}

void inherited_by(const struct sock *listener, int fd)
{
    if (!is_inet(listener))
        return;
    reset_algorithm(listener->fd, fd);
    if (option_of(listener->fd, SOL_SOCKET, SO_BUF_LOCK, 0) && ON(buffers_accepted_not_inherited)) {
        set_option(fd, SOL_SOCKET, SO_RCVBUF, OWN_SIZE);
        set_option(fd, SOL_SOCKET, SO_SNDBUF, OWN_SIZE);
    }
}

/* Whoever sets a size switches the tuning of it off (SOCK_RCVBUF_LOCK, SOCK_SNDBUF_LOCK); here it stays on. */
void keep_tuned(const struct option *o)
{
    int locked = option_of(o->s.fd, SOL_SOCKET, SO_BUF_LOCK, 0);
    if (!is_inet(&o->s) || !is_stream(&o->s))
        return;
    if (o->name == SO_RCVBUF && ON(buffers_receive_still_tuned))
        set_option(o->s.fd, SOL_SOCKET, SO_BUF_LOCK, locked & ~RECEIVE_LOCKED);
    if (o->name == SO_SNDBUF && ON(buffers_send_still_tuned))
        set_option(o->s.fd, SOL_SOCKET, SO_BUF_LOCK, locked & ~SEND_LOCKED);
}

void tuned_by_reading(const struct sock *s)
{
    int locked = option_of(s->fd, SOL_SOCKET, SO_BUF_LOCK, 0);
    if (!(locked & RECEIVE_LOCKED) && ON(buffers_receive_never_tuned))
        set_option(s->fd, SOL_SOCKET, SO_BUF_LOCK, locked | RECEIVE_LOCKED);
}

void tuned_by_sending(const struct sock *s)
{
    int locked = option_of(s->fd, SOL_SOCKET, SO_BUF_LOCK, 0);
    if (is_inet(s) && is_stream(s) && !(locked & SEND_LOCKED) && ON(buffers_send_never_tuned))
        set_option(s->fd, SOL_SOCKET, SO_BUF_LOCK, locked | SEND_LOCKED);
}

/* tcpi_delivery_rate of struct tcp_info, which the C library's header may not have. */
enum { DELIVERY_RATE = 160 };

void rate_get(char *info, socklen_t length)
{
    uint64_t rate;
    if (length < DELIVERY_RATE + sizeof rate)
        return;
    memcpy(&rate, info + DELIVERY_RATE, sizeof rate);
    if (rate > 0 && ON(buffers_rate_in_bits)) {
        rate *= 8;
        memcpy(info + DELIVERY_RATE, &rate, sizeof rate);
    }
}
