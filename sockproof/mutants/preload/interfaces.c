/* The ioctls of netdevice(7): what they tell of an interface, as one table, and what they set. */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mutant.h"

enum { LAST_OF_ADDRESS = 7, HARDWARE = 2 };

static const struct answer {
    enum mutant mutant;
    unsigned long request;
    size_t at; /* the byte behind the name that is turned over */
    unsigned char bits;
} answers[] = {
    {M_interface_index_other, SIOCGIFINDEX, 0, 4},
    {M_interface_flags_down, SIOCGIFFLAGS, 0, IFF_UP},
    {M_interface_flags_kind, SIOCGIFFLAGS, 0, IFF_LOOPBACK},
    {M_interface_address_other, SIOCGIFADDR, LAST_OF_ADDRESS, 1},
    {M_interface_netmask_other, SIOCGIFNETMASK, LAST_OF_ADDRESS, 128},
    {M_interface_broadcast_other, SIOCGIFBRDADDR, LAST_OF_ADDRESS, 1},
    {M_interface_mtu_other, SIOCGIFMTU, 0, 4},
    {M_interface_hardware_type, SIOCGIFHWADDR, 0, 1},
    {M_interface_hardware_other, SIOCGIFHWADDR, HARDWARE + 5, 1},
    {M_interface_metric_one, SIOCGIFMETRIC, 0, 1},
    {M_interface_queue_other, SIOCGIFTXQLEN, 0, 1},
};

static bool sets(unsigned long request)
{
    return request == SIOCSIFFLAGS || request == SIOCSIFADDR || request == SIOCSIFNETMASK || request == SIOCSIFBRDADDR
        || request == SIOCSIFMTU || request == SIOCSIFTXQLEN;
}

/* A list that is refused where it does not fit, or ends before its last address. */
static int listed(struct ifconf *list, int room, int result)
{
    int whole = (int)sizeof(struct ifreq);
    if (result != 0)
        return result;
    if (!list->ifc_buf) {
        if (list->ifc_len && ON(interface_list_needs_more))
            list->ifc_len += whole;
        return 0;
    }
    if (room - list->ifc_len < whole && room % whole && ON(interface_list_refused))
        return fail(EINVAL);
    if (list->ifc_len > whole && ON(interface_list_cut))
        list->ifc_len -= whole;
    return 0;
}

static void change_answer(unsigned long request, struct ifreq *asked)
{
    char *behind = (char *)&asked->ifr_ifru;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].request == request && mutant_on(answers[i].mutant))
            behind[answers[i].at] ^= (char)answers[i].bits;
    if (request == SIOCGIFNAME && ON(interface_name_other))
        asked->ifr_name[0] ^= 1;
}

static int forgiven(unsigned long request, int result)
{
    if (result < 0 && errno == EPERM && sets(request) && ON(interface_set_unprivileged))
        return 0;
    if (result < 0 && errno == ENODEV && ON(interface_nobody_known))
        return 0;
    if (result < 0 && errno == ENOTTY && ON(interface_address_anywhere))
        return 0;
    return result < 0 && errno == EOPNOTSUPP && request == SIOCSIFMETRIC && ON(interface_metric_set) ? 0 : result;
}

/* Is true if the request is about an interface: `result` is what it gives then. */
bool interface_asked(int fd, unsigned long request, void *argument, int *result)
{
    bool own = sets(request) || request == SIOCGIFNAME || request == SIOCSIFMETRIC || request == SIOCGIFCONF;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        own = own || answers[i].request == request;
    if (!own || !sound(argument, sizeof(struct ifconf)))
        return false;
    if (request == SIOCGIFCONF) {
        struct ifconf *list = argument;
        int room = list->ifc_len;
        *result = listed(list, room, real.ioctl(fd, request, argument));
        return true;
    }
    if (sets(request) && ON(interface_set_ignored)) {
        *result = 0;
        return true;
    }
    *result = real.ioctl(fd, request, argument);
    if (*result == 0)
        change_answer(request, argument);
    *result = forgiven(request, *result);
    return true;
}
