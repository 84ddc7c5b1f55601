/* What programs seldom do: commands that there are not, owners that are nobody, addresses and rooms that are shorter. */
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>

#include "mutant.h"

/* fcntl(2), answered as if all were well. */
int command_answered(int command, int result)
{
    result = corners_command(command, result);
    if (result < 0 && errno == EINVAL && command != F_SETOWN && ON(arguments_command_taken))
        return 0;
    if (result < 0 && errno == ESRCH && command == F_SETOWN && ON(owners_nobody_taken))
        return 0;
    return result;
}

/* The hop limit of one datagram becomes that of the socket. */
static void keep_hops(const struct outgoing *o, const struct cmsghdr *one)
{
    bool four = one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_TTL;
    bool six = one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_HOPLIMIT;
    int number;
    if ((!four && !six) || one->cmsg_len < CMSG_LEN(sizeof number) || !ON(control_hops_stay))
        return;
    memcpy(&number, CMSG_DATA(one), sizeof number);
    set_option(o->s.fd, one->cmsg_level, four ? IP_TTL : IPV6_UNICAST_HOPS, number);
}

/* What is left behind by what was for one datagram. */
void datagram_leaves(const struct outgoing *o)
{
    const struct msghdr *msg = &o->msg;
    bool controls = msg->msg_control && msg->msg_controllen >= sizeof(struct cmsghdr);
    int saved = errno;
    if (is_datagram(&o->s) && msg->msg_name && !connected(o->s.fd) && ON(send_addressed_connects))
        real.connect(o->s.fd, msg->msg_name, msg->msg_namelen);
    errno = saved;
    if (!is_inet(&o->s) || !is_datagram(&o->s))
        return;
    if (controls)
        keep_hops(o, CMSG_FIRSTHDR(msg));
    if (msg->msg_name && connected(o->s.fd) && ON(send_addressed_reconnects))
        real.connect(o->s.fd, msg->msg_name, msg->msg_namelen);
    errno = saved;
}

/* An address of IPv6 that ends before its scope. */
bool scope_needed(const struct sock *s, socklen_t length)
{
    enum { WITHOUT = 24 };
    return s->domain == AF_INET6 && length == WITHOUT && ON(arguments_scope_needed);
}

/* Room for less than a whole value. */
bool room_needed(const struct option *o, socklen_t room)
{
    bool time = o->name == SO_RCVTIMEO || o->name == SO_SNDTIMEO;
    if (o->level != SOL_SOCKET || (o->name != SO_LINGER && !time))
        return false;
    return room < (time ? sizeof(struct timeval) : sizeof(struct linger)) && ON(values_room_refused);
}

/* The name of an interface where there is no room for every name. */
bool room_forgiven(int level, int name, int error, socklen_t *length)
{
    if (level != SOL_SOCKET || name != SO_BINDTODEVICE || error != EINVAL || !awake() || !ON(devices_room_forgiven))
        return false;
    *length = 0;
    return true;
}

/* Lingering that only 1 switches on. */
bool lingers_by_one(const struct option *o, int *result)
{
    struct linger given;
    if (o->level != SOL_SOCKET || o->name != SO_LINGER || o->length < sizeof given)
        return false;
    memcpy(&given, o->value, sizeof given);
    if (!given.l_onoff || given.l_onoff == 1 || !ON(linger_number_off))
        return false;
    given.l_onoff = 0;
    *result = real.setsockopt(o->s.fd, SOL_SOCKET, SO_LINGER, &given, sizeof given);
    return true;
}

/* A datagram socket that gets another peer begins anew. */
void connects_anew(const struct sock *s)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (is_inet(s) && is_datagram(s) && connected(s->fd) && ON(connect_again_anew))
        real.connect(s->fd, &none, sizeof none);
}

/* Destinations that a datagram socket takes, and that nobody would write into a program. */
bool destination_refused(const struct outgoing *o)
{
    const struct sockaddr_in *to = o->msg.msg_name;
    const struct sockaddr_in6 *six = o->msg.msg_name;
    bool any;
    if (!to || !is_inet(&o->s) || !is_datagram(&o->s) || o->msg.msg_namelen < sizeof *to)
        return false;
    if (o->s.domain == AF_INET6 && to->sin_family == AF_INET)
        return ON(send_family_refused);
    any = to->sin_family == AF_INET ? to->sin_addr.s_addr == INADDR_ANY : IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr);
    return any && ON(send_wildcard_refused);
}
