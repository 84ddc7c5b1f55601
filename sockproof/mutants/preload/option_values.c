/* What any option takes, whatever it is: short and long values, what is only told, and what only the privileged may set. */
#include <netinet/in.h>

#include "mutant.h"

/* How long the value is that getsockopt(2) gives; 0 where it gives none. */
static socklen_t told_length(const struct option *o)
{
    char value[64];
    socklen_t length = sizeof value;
    int saved = errno, result = real.getsockopt(o->s.fd, o->level, o->name, value, &length);
    errno = saved;
    return result == 0 ? length : 0;
}

/* Is true if the value is refused without the kernel. */
bool value_refused(const struct option *o)
{
    if (o->level == IPPROTO_IP && o->length == 1 && ON(values_byte_refused))
        return true;
    return o->length > sizeof(int) && told_length(o) == sizeof(int) && ON(values_long_refused);
}

/* Is true if what the kernel has refused with `error` is taken all the same. */
bool value_taken(const struct option *o, int error)
{
    if (error == EINVAL && o->length < sizeof(int) && ON(values_short_taken))
        return true;
    if (error == EINVAL && o->length >= sizeof(int) && ON(values_beyond_taken))
        return true;
    if (error == EPERM && o->name != SO_MARK && ON(values_rights_unchecked))
        return true;
    return error == ENOPROTOOPT && told_length(o) > 0 && ON(values_told_settable);
}

/* An interface to send by, taken for the only one. */
void unicast_was_set(const struct option *o)
{
    bool v4 = o->level == IPPROTO_IP && o->name == IP_UNICAST_IF, v6 = o->level == IPPROTO_IPV6 && o->name == IPV6_UNICAST_IF;
    if ((v4 || v6) && o->number && ON(devices_unicast_binds))
        set_option(o->s.fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)ntohl((uint32_t)o->number));
}
