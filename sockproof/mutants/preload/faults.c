/* Single faults at the boundary that fit no other file: settings that are refused here and there, and what a call leaves
 * as it was.
 */
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mutant.h"

static bool socket_level(const struct option *o, int name) { return o->level == SOL_SOCKET && o->name == name; }

static bool is_unix(const struct sock *s) { return s->domain == AF_UNIX; }

/* Is true if the setting is answered without the kernel. */
bool setting_faulty(const struct option *o, int *result)
{
    *result = 0;
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

bool receive_faulty(const struct incoming *in)
{
    bool asks = in->path == BY_SENDMSG && in->room > 0;
    return asks && is_unix(&in->s) && option_of(in->s.fd, SOL_SOCKET, SO_PASSCRED, 0) && ON(receive_credentials_refused);
}

/* The members of the header that a receive must write. */
void header_kept(struct incoming *in, ssize_t n, int flags_before)
{
    if (n < 0 || in->path != BY_SENDMSG)
        return;
    if (ON(receive_header_flags_kept))
        in->msg->msg_flags = flags_before;
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
