/* Packet sockets, which are no sockets of ours to the other wrappers: their options, their errors, and what they tell. */
#include <linux/if_packet.h>
#include <linux/sockios.h>

#include "mutant.h"

static bool is_packet(int fd) { return awake() && fd >= 0 && option_of(fd, SOL_SOCKET, SO_DOMAIN, -1) == AF_PACKET; }

/* Is true if the option shall not be set. */
static bool unset(int name, const int *value)
{
    if (name == PACKET_ADD_MEMBERSHIP)
        return ON(packets_membership_ignored);
    if (name == PACKET_AUXDATA)
        return ON(packets_auxdata_ignored);
    if (name == PACKET_FANOUT && (*value >> 16) == PACKET_FANOUT_LB)
        return ON(packets_turns_ignored);
    if (name == PACKET_FANOUT && (*value >> 16) == PACKET_FANOUT_HASH)
        return ON(packets_flows_ignored);
    if (name == PACKET_FANOUT)
        return ON(packets_group_ignored);
    if (name == PACKET_RX_RING)
        return ON(packets_ring_ignored);
    if (name == PACKET_LOSS)
        return ON(packets_loss_ignored);
    if (name == PACKET_RESERVE)
        return ON(packets_reserve_ignored);
    return (name == PACKET_TIMESTAMP || name == PACKET_QDISC_BYPASS) && ON(packets_option_ignored);
}

int link_set(int fd, int level, int name, const void *value, socklen_t length)
{
    bool ours = level == SOL_PACKET && length >= sizeof(int) && is_packet(fd);
    int result;
    if (ours && unset(name, value))
        return 0;
    if (ours && name == PACKET_TX_RING && ON(packets_malformed_skipped))
        set_option(fd, SOL_PACKET, PACKET_LOSS, 1);
    result = real.setsockopt(fd, level, name, value, length);
    if (ours && result < 0 && errno == EINVAL && name == PACKET_FANOUT && ON(packets_group_unchecked))
        return 0;
    return ours && result < 0 && errno == ENODEV && ON(packets_membership_unchecked) ? 0 : result;
}

int link_bound(int fd, int result)
{
    return result < 0 && errno == ENODEV && is_packet(fd) && ON(packets_bind_as_einval) ? fail(EINVAL) : result;
}

/* What lies in a ring leaves when something is sent; here it stays. */
bool link_keeps(int fd, size_t length) { return length == 0 && is_packet(fd) && ON(packets_ring_unsent); }

void link_told(int fd, int level, int name, int *value)
{
    if (level == SOL_PACKET && name == PACKET_VERSION && *value == TPACKET_V1 && is_packet(fd) && ON(packets_version_second))
        *value = TPACKET_V2;
}

ssize_t link_sent(int fd, size_t length, ssize_t n)
{
    int error = errno;
    if (n >= 0 || !is_packet(fd))
        return n;
    if (error == EMSGSIZE && ON(packets_large_taken))
        return (ssize_t)length;
    if (error == ENXIO && ON(packets_nowhere_taken))
        return (ssize_t)length;
    if (error == ENETDOWN && ON(packets_down_taken))
        return (ssize_t)length;
    return fail(error);
}

ssize_t link_received(int fd, struct sockaddr *from, ssize_t n)
{
    struct sockaddr_ll *place = (struct sockaddr_ll *)from;
    if (n < 0)
        return errno == ENETDOWN && is_packet(fd) && ON(packets_down_untold) ? fail(EAGAIN) : n;
    if (!place || !is_packet(fd))
        return n;
    if (place->sll_pkttype == PACKET_OUTGOING ? ON(packets_outgoing_untold) : ON(packets_type_reversed))
        place->sll_pkttype ^= PACKET_OUTGOING;
    return n;
}

void link_stamp(int fd, unsigned long request, long *stamp)
{
    if (request == SIOCGSTAMP && is_packet(fd) && ON(packets_stamp_epoch))
        *stamp = 0;
}
