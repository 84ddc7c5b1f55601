/* Programs of sockets: those that follow one another, and those of a port. */
#include <linux/filter.h>
#include <netinet/in.h>

#include "mutant.h"

enum { ATTACH_BPF = 50, ATTACH_CBPF = 51, DETACH_REUSEPORT = 68 };

/* How many steps the classic filter of a socket has. */
static bool has_filter(int fd)
{
    socklen_t none = 0;
    int saved = errno;
    bool yes = real.getsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, NULL, &none) == 0 && none > 0;
    errno = saved;
    return yes;
}

/* The first program of a socket, of which it is noted that it is there. */
static bool noted(const struct sock *s)
{
    int64_t before;
    bool yes = memo_get(s, &before);
    memo_set(s, 1);
    return yes;
}

/* A socket that chooses for its port, and receives nothing itself. */
static void deafen(int fd)
{
    struct sock_filter drop = {BPF_RET | BPF_K, 0, 0, 0};
    struct sock_fprog program = {1, &drop};
    real.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* Is true if the kernel shall not be asked. */
bool program_set(const struct option *o, int *result)
{
    *result = 0;
    if (o->level != SOL_SOCKET)
        return false;
    if (o->name == SO_ATTACH_FILTER && has_filter(o->s.fd) && ON(filters_replace_ignored))
        return true;
    if (o->name == ATTACH_BPF && has_filter(o->s.fd) && ON(filters_ebpf_beside))
        return true;
    if (o->name != ATTACH_CBPF)
        return false;
    if (ON(filters_reuseport_drops))
        deafen(o->s.fd);
    return ON(filters_reuseport_once) && noted(&o->s);
}

static bool shares(const struct sock *s)
{
    return is_inet(s) && is_datagram(s) && option_of(s->fd, SOL_SOCKET, SO_REUSEPORT, 0);
}

/* A newcomer, or one that goes, takes the program of the port away. */
void program_bound(const struct sock *s)
{
    if (shares(s) && ON(filters_reuseport_forgotten))
        set_option(s->fd, SOL_SOCKET, DETACH_REUSEPORT, 0);
}

void program_closing(const struct sock *s)
{
    if (shares(s) && ON(filters_reuseport_ends))
        set_option(s->fd, SOL_SOCKET, DETACH_REUSEPORT, 0);
}
