/* Ports that the kernel chooses: ranges of sockets, reserved ones, and choices that are left for later. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "mutant.h"

enum { PORT_RANGE = 51 /* IP_LOCAL_PORT_RANGE */, NO_PORT = 24 /* IP_BIND_ADDRESS_NO_PORT */ };

static const char FOLLOWS[] = "/proc/sys/net/ipv4/ip_dynaddr";

/* The first number of a setting; 0 where there is none. */
static int first_of(const char *setting)
{
    FILE *file = fopen(setting, "re");
    int first = 0;
    if (file && fscanf(file, "%d", &first) != 1)
        first = 0;
    if (file)
        fclose(file);
    return first;
}

static int first_reserved(void) { return first_of("/proc/sys/net/ipv4/ip_local_reserved_ports"); }

static uint16_t *port_in(struct sockaddr *name)
{
    return &((struct sockaddr_in *)name)->sin_port; /* the port is at the same place for IPv6 */
}

static int bind_with(const struct sock *s, struct sockaddr *name, int port)
{
    *port_in(name) = htons((uint16_t)port);
    return real.bind(s->fd, name, name->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

/* The kernel would choose. */
static bool chosen(const struct sock *s, struct sockaddr *name, int *result)
{
    int range = option_of(s->fd, IPPROTO_IP, PORT_RANGE, 0), low = range & 0xffff, port = first_reserved();
    if (low && low < first_of("/proc/sys/net/ipv4/ip_local_port_range") && ON(ports_range_widens))
        port = low;
    else if (!port || !ON(ports_reserved_given))
        return false;
    *result = bind_with(s, name, port);
    return true;
}

/* Is true if bind(2) is answered without the kernel, or with another port. */
bool port_answered(const struct sock *s, struct sockaddr *name, int *result)
{
    int port = ntohs(*port_in(name));
    bool refused = port && port == first_reserved() && ON(ports_reserved_refused);
    if (port == 0)
        return chosen(s, name, result);
    *result = refused ? fail(EACCES) : 0;
    return refused || (option_of(s->fd, IPPROTO_IP, NO_PORT, 0) == 1 && ON(ports_explicit_late));
}

/* A setting that does not count. */
static void switch_off(const char *setting)
{
    FILE *file = fopen(setting, "we");
    if (file && fputs("0", file) < 0)
        errno = EIO;
    if (file)
        fclose(file);
}

/* Before connect(2) chooses. */
void port_before_connect(const struct sock *s)
{
    struct sockaddr_in6 own = {0};
    socklen_t length = sizeof own;
    int saved = errno, port = first_reserved();
    if (port && real.getsockname(s->fd, (struct sockaddr *)&own, &length) == 0 && !own.sin6_port && ON(ports_reserved_given))
        bind_with(s, (struct sockaddr *)&own, port);
    if (is_stream(s) && first_of(FOLLOWS) > 0 && ON(ports_address_stays))
        switch_off(FOLLOWS);
    errno = saved;
}
