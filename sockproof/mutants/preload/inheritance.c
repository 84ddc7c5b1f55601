/* What an accepted socket has of its listener: options that are set there are found out, whatever they are, by asking a
 * new socket as well.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "mutant.h"

enum { LAST_OPTION = 90, ROOM = 64, GET_FILTER = 26 /* SO_GET_FILTER */, PASSSEC = 34, PEERPIDFD = 77 };

struct value {
    socklen_t length; /* 0: not told */
    char bytes[ROOM];
};

/* To ask for these changes something. */
static bool is_taken(int level, int name)
{
    if (level == IPPROTO_TCP)
        return name == TCP_SAVED_SYN || name == TCP_ZEROCOPY_RECEIVE; /* the latter tells SO_ERROR as well */
    return level == SOL_SOCKET && (name == SO_ERROR || name == PEERPIDFD);
}

static struct value value_of(int fd, int level, int name)
{
    struct value v = {.length = ROOM};
    if (is_taken(level, name) || real.getsockopt(fd, level, name, v.bytes, &v.length) < 0)
        v.length = 0;
    return v;
}

static bool same(const struct value *a, const struct value *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

struct child {
    int listener, fd, fresh;
};

/* Options of a level that were set on the listener, and which the child has too. */
static void lose(const struct child *c, int level, enum mutant which)
{
    for (int name = 1; name <= LAST_OPTION; name++) {
        struct value set = value_of(c->listener, level, name), standard = value_of(c->fresh, level, name);
        struct value has = value_of(c->fd, level, name);
        if (set.length && same(&set, &has) && !same(&set, &standard) && mutant_on(which))
            real.setsockopt(c->fd, level, name, standard.bytes, standard.length);
    }
}

/* An option of which the child has a value of its own. */
static void copy(const struct child *c, int level, int name, enum mutant which)
{
    struct value set = value_of(c->listener, level, name), has = value_of(c->fd, level, name);
    if (set.length && has.length && !same(&set, &has) && mutant_on(which))
        real.setsockopt(c->fd, level, name, set.bytes, set.length);
}

static void inherit_tcp(const struct child *c)
{
    lose(c, SOL_SOCKET, M_accept_options_socket_lost);
    lose(c, IPPROTO_TCP, M_accept_options_tcp_lost);
    lose(c, IPPROTO_IP, M_accept_options_ip_lost);
    lose(c, IPPROTO_IPV6, M_accept_options_ip6_lost);
    copy(c, SOL_SOCKET, SO_PRIORITY, M_accept_options_own_copied);
    copy(c, IPPROTO_TCP, TCP_DEFER_ACCEPT, M_accept_options_own_copied);
    copy(c, SOL_SOCKET, SO_KEEPALIVE, M_accept_options_late_counted);
    copy(c, SOL_SOCKET, SO_OOBINLINE, M_accept_options_late_counted);
    copy(c, IPPROTO_TCP, TCP_NODELAY, M_accept_options_late_counted);
    if (value_of(c->fd, SOL_SOCKET, GET_FILTER).length && ON(accept_options_filter_lost))
        set_option(c->fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
}

static bool copied_by_unix(int name) { return name == SO_PASSCRED || name == PASSSEC; }

static void inherit_unix(const struct child *c)
{
    for (int name = 1; name <= LAST_OPTION; name++)
        if (!copied_by_unix(name) && name != SO_ACCEPTCONN && name != SO_COOKIE && name != SO_PEERCRED)
            copy(c, SOL_SOCKET, name, M_accept_options_unix_copied);
    for (int name = SO_PASSCRED; name <= PASSSEC; name += PASSSEC - SO_PASSCRED)
        if (option_of(c->fd, SOL_SOCKET, name, 0) && ON(accept_options_unix_lost))
            set_option(c->fd, SOL_SOCKET, name, 0);
}

/* Asking costs hundreds of calls, so it is done only where it can matter. */
static bool matters(void)
{
    return shared->mode != MODE_ARMED
        || (shared->armed >= M_accept_options_filter_lost && shared->armed <= M_accept_owner_inherited);
}

void inheritance(const struct sock *listener, int fd)
{
    struct child c = {.listener = listener->fd, .fd = fd, .fresh = -1};
    int saved = errno, owner = matters() ? real.fcntl(listener->fd, F_GETOWN) : 0;
    if (owner && ON(accept_owner_inherited))
        real.fcntl(fd, F_SETOWN, owner);
    async_accepted(listener, fd);
    if (matters())
        c.fresh = real.socket(listener->domain, listener->type | SOCK_CLOEXEC, 0);
    if (c.fresh >= 0) {
        if (is_inet(listener))
            inherit_tcp(&c);
        else
            inherit_unix(&c);
        real.close(c.fresh);
    }
    errno = saved;
}
