/* Packet sockets: what they are given, what stands in it, and what is told of it. */
#include <linux/if_packet.h>
#include <string.h>

#include "mutant.h"

static bool is_packet(int fd) { return awake() && option_of(fd, SOL_SOCKET, SO_DOMAIN, -1) == AF_PACKET; }

/* The type and the protocol with which a packet socket is made in place of those that were asked for. */
void packet_asked(int domain, int *type, int *protocol)
{
    if (domain != AF_PACKET)
        return;
    if ((*type & 0xf) == SOCK_DGRAM && ON(packet_cooked_with_header))
        *type = (*type & ~0xf) | SOCK_RAW;
    if (*protocol == 0 && ON(packet_zero_protocol_receives))
        *protocol = htons(0x0003);
}

enum { KNOWN = MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_ERRQUEUE | MSG_CMSG_CLOEXEC };

/* The flags of a receive: every other frame is left there, to be read once more. */
int packet_flags(int fd, int flags)
{
    static bool again;
    if (!is_packet(fd))
        return flags;
    if ((flags & ~KNOWN) && ON(packet_flags_taken))
        flags &= KNOWN;
    if ((flags & MSG_TRUNC) && ON(packet_trunc_ignored))
        flags &= ~MSG_TRUNC;
    if (!(flags & MSG_PEEK) && ON(packet_frames_twice))
        flags |= (again = !again) ? MSG_PEEK : 0;
    return flags;
}

/* What was received: its address, and the time that came with it. */
ssize_t packet_received(int fd, ssize_t n, struct msghdr *msg)
{
    struct sockaddr_ll *from = msg->msg_name;
    if (n < 0 || !is_packet(fd))
        return n;
    if (from && msg->msg_namelen >= sizeof *from && ON(packet_address_outgoing))
        from->sll_pkttype = PACKET_OUTGOING;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS && ON(packet_stamp_zero))
            memset(CMSG_DATA(c), 0, sizeof(struct timespec));
    return n;
}

/* The interface that is bound to: every one in place of it. */
bool packet_bound(int fd, const struct sockaddr *name, socklen_t length, int *result)
{
    struct sockaddr_ll all;
    if (!is_packet(fd) || length < sizeof all)
        return false;
    memcpy(&all, name, sizeof all);
    if (!all.sll_ifindex && all.sll_protocol && ON(packet_bind_zero_first)) {
        all.sll_ifindex = 1;
        *result = real.bind(fd, (struct sockaddr *)&all, sizeof all);
        return true;
    }
    if (!all.sll_protocol || !ON(packet_bind_every_interface))
        return false;
    all.sll_ifindex = 0;
    *result = real.bind(fd, (struct sockaddr *)&all, sizeof all);
    return true;
}

/* PACKET_STATISTICS, told without what was lost. */
void packet_counted(int fd, int level, int name, void *value, int result)
{
    struct tpacket_stats *stats = value;
    if (result == 0 && level == SOL_PACKET && name == PACKET_STATISTICS && is_packet(fd) && stats->tp_drops
        && ON(packet_drops_uncounted))
        stats->tp_drops = 0;
}

bool packet_connects(int fd, int result)
{
    return result < 0 && errno == EOPNOTSUPP && is_packet(fd) && ON(packet_connect_accepted);
}
