/* The tables of option_rules.c, which alone includes this: which option deviates how. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>

#include "mutant.h"

enum action {
    SWALLOW, /* report success, keep the old value */
    PRETEND, /* the same, but getsockopt gives back what was set */
    PRETEND_DOUBLE, /* the same, as for buffers */
    PRETEND_NUMBER, /* the same, and it gives back `number` */
    SCALE, /* by `number` in 256ths */
    NEGATE,
    ALWAYS, /* set it to `number` */
    REFUSE, /* with the error `number` */
    ALSO, /* set the option `number` of the same level too */
    ALSO_ON, /* set it to 1 */
    INSTEAD, /* set the option `number` of the same level only */
    CONSTANT, /* getsockopt gives `number` */
    REMEMBERED, /* getsockopt gives what was remembered for this socket */
    REPEAT, /* getsockopt gives the error once more */
    REMEMBER, /* getsockopt leaves the error for a later call to report */
};

struct rule {
    enum mutant mutant;
    int level;
    int name;
    enum action action;
    int number;
    bool (*when)(const struct option *);
};

/* Of Linux 4.18, 5.0 and 6.5: headers may be older. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
enum { SO_PASSPIDFD_ = 76 };

/* Linux's smallest sizes, doubled: TCP_SKB_MIN_TRUESIZE times two, and that once (include/net/sock.h). */
enum { SEND_MINIMUM = 4608, RECEIVE_MINIMUM = 2304, LARGE = 8192 };

static bool turned_on(const struct option *o) { return o->number != 0; }

static bool is_zero(const struct option *o) { return o->number == 0; }

static bool is_large(const struct option *o) { return o->number > LARGE; }

static bool below_send_minimum(const struct option *o) { return o->number >= 0 && o->number * 2 < SEND_MINIMUM; }

static bool below_receive_minimum(const struct option *o) { return o->number >= 0 && o->number * 2 < RECEIVE_MINIMUM; }

static bool no_segment(const struct option *o) { return o->number < 0 || o->number > 65535; }

static bool is_one(const struct option *o) { return o->number == 1; }

static bool above_one(const struct option *o) { return o->number > 1; }

static bool of_stream(const struct option *o) { return o->number == SOCK_STREAM; }

static bool with_ecn_bits(const struct option *o) { return is_stream(&o->s) && (o->number & 3); }

static bool minus_one(const struct option *o) { return o->number == -1; }

static bool low_byte_is_zero(const struct option *o) { return o->number != 0 && (o->number & 0xff) == 0; }

static bool not_negative(const struct option *o) { return o->number >= 0; }

static bool is_inet4(const struct option *o) { return o->number == AF_INET; }

static bool of_raw(const struct option *o) { return is_raw(&o->s) && o->number; }

static bool is_six(const struct option *o) { return o->s.domain == AF_INET6; }

static bool no_tcp(const struct option *o) { return !(is_stream(&o->s) && is_inet(&o->s)); }

static bool of_records(const struct option *o) { return o->s.type == SOCK_SEQPACKET && o->number; }

static bool below_zero(const struct option *o) { return o->number < 0; }

#define SOCKET(name) SOL_SOCKET, name
#define V4(name) IPPROTO_IP, name
#define V6(name) IPPROTO_IPV6, name
#define TCP(name) IPPROTO_TCP, name
#define UDP(name) IPPROTO_UDP, name

/* Further rows of each table stand in files of their own. */
static const struct rule set_rules[] = {
    {M_reuse_address_ignored, SOCKET(SO_REUSEADDR), PRETEND, 0, turned_on},
    {M_reuse_address_as_port, SOCKET(SO_REUSEADDR), ALSO, SO_REUSEPORT, turned_on},
    {M_reuse_port_ignored, SOCKET(SO_REUSEPORT), PRETEND, 0, turned_on},
    {M_reuse_port_as_address, SOCKET(SO_REUSEPORT), INSTEAD, SO_REUSEADDR, turned_on},
    {M_reuse_v6only_ignored, V6(IPV6_V6ONLY), PRETEND, 0, turned_on},
    {M_broadcast_option_ignored, SOCKET(SO_BROADCAST), PRETEND, 0, turned_on},
    {M_multicast_loop_ignored, V4(IP_MULTICAST_LOOP), PRETEND, 0, is_zero},
    {M_multicast_loop_ignored, V6(IPV6_MULTICAST_LOOP), PRETEND, 0, is_zero},
    {M_multicast_loop_inverted, V4(IP_MULTICAST_LOOP), NEGATE, 0, NULL},
    {M_multicast_loop_inverted, V6(IPV6_MULTICAST_LOOP), NEGATE, 0, NULL},
    {M_multicast_loop_large_refused, V4(IP_MULTICAST_LOOP), REFUSE, EINVAL, above_one},
    {M_multicast_loop_low_byte, V4(IP_MULTICAST_LOOP), ALWAYS, 0, low_byte_is_zero},
    {M_multicast_ttl_ignored, V4(IP_MULTICAST_TTL), PRETEND, 0, NULL},
    {M_multicast_ttl_minus_cosmetic, V4(IP_MULTICAST_TTL), PRETEND_NUMBER, 1, minus_one},
    {M_multicast_ttl_minus_cosmetic, V6(IPV6_MULTICAST_HOPS), PRETEND_NUMBER, 1, minus_one},
    {M_multicast_hops_ignored, V6(IPV6_MULTICAST_HOPS), PRETEND, 0, NULL},
    {M_multicast_hops_default_refused, V6(IPV6_MULTICAST_HOPS), REFUSE, EINVAL, minus_one},
    {M_multicast_ttl_follows_unicast, V4(IP_TTL), ALSO, IP_MULTICAST_TTL, NULL},
    {M_multicast_hops_follows_unicast, V6(IPV6_UNICAST_HOPS), ALSO, IPV6_MULTICAST_HOPS, NULL},
    {M_multicast_all_ignored, V4(IP_MULTICAST_ALL), PRETEND, 0, is_zero},
    {M_buffers_send_undoubled, SOCKET(SO_SNDBUF), SCALE, 128, is_large},
    {M_buffers_send_doubled_twice, SOCKET(SO_SNDBUF), SCALE, 512, is_large},
    {M_buffers_send_ignored, SOCKET(SO_SNDBUF), SWALLOW, 0, NULL},
    {M_buffers_send_cosmetic, SOCKET(SO_SNDBUF), PRETEND_DOUBLE, SEND_MINIMUM, NULL},
    {M_buffers_send_small_refused, SOCKET(SO_SNDBUF), REFUSE, EINVAL, below_send_minimum},
    {M_buffers_receive_undoubled, SOCKET(SO_RCVBUF), SCALE, 128, is_large},
    {M_buffers_receive_doubled_twice, SOCKET(SO_RCVBUF), SCALE, 512, is_large},
    {M_buffers_receive_ignored, SOCKET(SO_RCVBUF), SWALLOW, 0, NULL},
    {M_buffers_receive_cosmetic, SOCKET(SO_RCVBUF), PRETEND_DOUBLE, RECEIVE_MINIMUM, NULL},
    {M_buffers_receive_small_refused, SOCKET(SO_RCVBUF), REFUSE, EINVAL, below_receive_minimum},
    {M_buffers_force_capped, SOCKET(SO_SNDBUFFORCE), INSTEAD, SO_SNDBUF, NULL},
    {M_buffers_force_capped, SOCKET(SO_RCVBUFFORCE), INSTEAD, SO_RCVBUF, NULL},
    {M_buffers_rcvlowat_ignored, SOCKET(SO_RCVLOWAT), PRETEND, 0, above_one},
    {M_reading_lowat_zero_kept, SOCKET(SO_RCVLOWAT), PRETEND, 0, is_zero},
    {M_urgent_inline_reversed, SOCKET(SO_OOBINLINE), NEGATE, 0, NULL},
    {M_options_nodelay_ignored, TCP(TCP_NODELAY), PRETEND, 0, turned_on},
    {M_options_cork_ignored, TCP(TCP_CORK), PRETEND, 0, turned_on},
    {M_options_keepalive_ignored, SOCKET(SO_KEEPALIVE), PRETEND, 0, turned_on},
    {M_options_oobinline_ignored, SOCKET(SO_OOBINLINE), PRETEND, 0, turned_on},
    {M_options_passcred_ignored, SOCKET(SO_PASSCRED), PRETEND, 0, turned_on},
    {M_options_ttl_ignored, V4(IP_TTL), PRETEND, 0, NULL},
    {M_options_recverr_ignored, V4(IP_RECVERR), PRETEND, 0, turned_on},
    {M_options_pktinfo_ignored, V4(IP_PKTINFO), PRETEND, 0, turned_on},
    {M_options_pktinfo_ignored, V6(IPV6_RECVPKTINFO), PRETEND, 0, turned_on},
    {M_options_defer_accept_ignored, TCP(TCP_DEFER_ACCEPT), PRETEND, 0, turned_on},
    {M_options_gro_ignored, UDP(UDP_GRO), PRETEND, 0, turned_on},
    {M_options_passpidfd_ignored, SOCKET(SO_PASSPIDFD_), PRETEND, 0, turned_on},
    {M_options_segment_ignored, UDP(UDP_SEGMENT), PRETEND, 0, turned_on},
    {M_options_segment_unchecked, UDP(UDP_SEGMENT), SWALLOW, 0, no_segment},
    {M_keepalive_timeout_at_once, TCP(TCP_USER_TIMEOUT), ALWAYS, 1, above_one},
    {M_options_user_timeout_ignored, TCP(TCP_USER_TIMEOUT), PRETEND, 0, turned_on},
    {M_options_linger2_ignored, TCP(TCP_LINGER2), PRETEND, 0, NULL},
    {M_options_maxseg_ignored, TCP(TCP_MAXSEG), PRETEND, 0, turned_on},
    {M_options_tos_ignored, V4(IP_TOS), PRETEND, 0, NULL},
    {M_options_tos_ignored, V6(IPV6_TCLASS), PRETEND, 0, NULL},
    {M_options_tos_takes_ecn, V4(IP_TOS), PRETEND, 0, with_ecn_bits},
    {M_options_tos_takes_ecn, V6(IPV6_TCLASS), PRETEND, 0, with_ecn_bits},
    {M_options_discover_ignored, V4(IP_MTU_DISCOVER), PRETEND, 0, NULL},
    {M_options_discover_ignored, V6(IPV6_MTU_DISCOVER), PRETEND, 0, NULL},
    {M_options_discover_always_do, V4(IP_MTU_DISCOVER), ALWAYS, IP_PMTUDISC_DO, NULL},
    {M_options_discover_always_do, V6(IPV6_MTU_DISCOVER), ALWAYS, IPV6_PMTUDISC_DO, NULL},
    {M_options_quickack_ignored, TCP(TCP_QUICKACK), SWALLOW, 0, turned_on},
    {M_options_nodelay_hastens_acks, TCP(TCP_NODELAY), ALSO, TCP_QUICKACK, turned_on},
    {M_fastopen_cookie_unchecked, TCP(TCP_FASTOPEN), ALSO_ON, TCP_FASTOPEN_NO_COOKIE, NULL},
    {M_fastopen_pending_unlimited, TCP(TCP_FASTOPEN), ALWAYS, 64, NULL},
    {M_receive_inq_ignored, TCP(TCP_INQ), PRETEND, 0, turned_on},
    {M_options_fastopen_connect_ignored, TCP(TCP_FASTOPEN_CONNECT), PRETEND, 0, turned_on},
#include "set_rules.def"
};

static const struct rule get_rules[] = {
    {M_errors_soerror_always_zero, SOCKET(SO_ERROR), CONSTANT, 0, turned_on},
    {M_errors_soerror_negative, SOCKET(SO_ERROR), SCALE, -256, turned_on},
    {M_errors_soerror_not_cleared, SOCKET(SO_ERROR), REPEAT, 0, NULL},
    {M_errors_soerror_reported_twice, SOCKET(SO_ERROR), REMEMBER, 0, turned_on},
    {M_listen_acceptconn_zero, SOCKET(SO_ACCEPTCONN), CONSTANT, 0, turned_on},
    {M_listen_acceptconn_one, SOCKET(SO_ACCEPTCONN), CONSTANT, 1, is_zero},
    {M_reuse_address_get_zero, SOCKET(SO_REUSEADDR), CONSTANT, 0, turned_on},
    {M_reuse_port_get_zero, SOCKET(SO_REUSEPORT), CONSTANT, 0, turned_on},
    {M_broadcast_get_zero, SOCKET(SO_BROADCAST), CONSTANT, 0, turned_on},
    {M_multicast_loop_inverted, V4(IP_MULTICAST_LOOP), NEGATE, 0, NULL},
    {M_multicast_loop_inverted, V6(IPV6_MULTICAST_LOOP), NEGATE, 0, NULL},
    {M_multicast_loop_misreported, V4(IP_MULTICAST_LOOP), NEGATE, 0, NULL},
    {M_multicast_loop_misreported, V6(IPV6_MULTICAST_LOOP), NEGATE, 0, NULL},
    {M_multicast_ttl_misreported, V4(IP_MULTICAST_TTL), CONSTANT, 64, NULL},
    {M_multicast_hops_misreported, V6(IPV6_MULTICAST_HOPS), CONSTANT, 64, NULL},
    {M_multicast_all_misreported, V4(IP_MULTICAST_ALL), NEGATE, 0, NULL},
    {M_buffers_send_get_halved, SOCKET(SO_SNDBUF), SCALE, 128, NULL},
    {M_buffers_receive_get_halved, SOCKET(SO_RCVBUF), SCALE, 128, NULL},
    {M_buffers_send_minimum_hidden, SOCKET(SO_SNDBUF), REMEMBERED, 0, NULL},
    {M_buffers_send_maximum_hidden, SOCKET(SO_SNDBUF), REMEMBERED, 0, NULL},
    {M_buffers_receive_minimum_hidden, SOCKET(SO_RCVBUF), REMEMBERED, 0, NULL},
    {M_buffers_receive_maximum_hidden, SOCKET(SO_RCVBUF), REMEMBERED, 0, NULL},
    {M_buffers_sndlowat_misreported, SOCKET(SO_SNDLOWAT), CONSTANT, 2048, NULL},
    {M_buffers_rcvlowat_misreported, SOCKET(SO_RCVLOWAT), CONSTANT, 1, above_one},
    {M_reading_lowat_default_large, SOCKET(SO_RCVLOWAT), CONSTANT, 2048, is_one},
    {M_options_type_wrong, SOCKET(SO_TYPE), CONSTANT, SOCK_DGRAM, of_stream},
    {M_options_domain_wrong, SOCKET(SO_DOMAIN), CONSTANT, AF_UNSPEC, NULL},
    {M_options_protocol_zero, SOCKET(SO_PROTOCOL), CONSTANT, 0, turned_on},
    {M_bind_v6only_misreported, V6(IPV6_V6ONLY), CONSTANT, 0, turned_on},
    {M_options_nodelay_misreported, TCP(TCP_NODELAY), NEGATE, 0, NULL},
    {M_options_cork_misreported, TCP(TCP_CORK), NEGATE, 0, NULL},
    {M_options_mtu_smallest, V4(IP_MTU), CONSTANT, 576, NULL},
    {M_options_mtu_smallest, V6(IPV6_MTU), CONSTANT, 1280, NULL},
    {M_options_quickack_permanent, TCP(TCP_QUICKACK), CONSTANT, 1, NULL},
#include "get_rules.def"
};

/* Errors of setsockopt(2) that turn into success; ANY: any option of that level. */
enum { ANY = -1 };
struct forgiven {
    enum mutant mutant;
    int level;
    int name;
    int error;
};

static const struct forgiven forgiven[] = {
    {M_buffers_sndlowat_settable, SOCKET(SO_SNDLOWAT), ENOPROTOOPT},
    {M_bind_v6only_late_allowed, V6(IPV6_V6ONLY), EINVAL},
    {M_multicast_join_twice_allowed, V4(IP_ADD_MEMBERSHIP), EADDRINUSE},
    {M_multicast_join_twice_allowed, V6(IPV6_JOIN_GROUP), EADDRINUSE},
    {M_multicast_join_twice_allowed, V4(MCAST_JOIN_GROUP), EADDRINUSE},
    {M_multicast_join_twice_allowed, V6(MCAST_JOIN_GROUP), EADDRINUSE},
    {M_multicast_leave_stranger_allowed, V4(IP_DROP_SOURCE_MEMBERSHIP), EADDRNOTAVAIL},
    {M_multicast_leave_stranger_allowed, V4(MCAST_LEAVE_GROUP), EADDRNOTAVAIL},
    {M_multicast_leave_stranger_allowed, V6(MCAST_LEAVE_GROUP), EADDRNOTAVAIL},
    {M_multicast_join_unlimited, V4(IP_ADD_MEMBERSHIP), ENOBUFS},
    {M_multicast_join_unlimited, V4(MCAST_JOIN_GROUP), ENOBUFS},
    {M_multicast_join_interface_unchecked, V4(IP_ADD_MEMBERSHIP), ENODEV},
    {M_multicast_join_interface_unchecked, V6(IPV6_JOIN_GROUP), ENODEV},
    {M_multicast_join_interface_unchecked, V4(MCAST_JOIN_GROUP), ENODEV},
    {M_multicast_join_interface_unchecked, V6(MCAST_JOIN_GROUP), ENODEV},
    {M_multicast_all_unchecked, V4(IP_MULTICAST_ALL), EINVAL},
    {M_multicast_loop_unchecked, V6(IPV6_MULTICAST_LOOP), EINVAL},
    {M_listen_acceptconn_settable, SOCKET(SO_ACCEPTCONN), ENOPROTOOPT},
    {M_buffers_force_unprivileged, SOCKET(SO_SNDBUFFORCE), EPERM},
    {M_buffers_force_unprivileged, SOCKET(SO_RCVBUFFORCE), EPERM},
    {M_multicast_leave_stranger_allowed, V4(IP_DROP_MEMBERSHIP), EADDRNOTAVAIL},
    {M_multicast_leave_stranger_allowed, V6(IPV6_LEAVE_GROUP), EADDRNOTAVAIL},
    {M_multicast_join_unicast_allowed, V4(IP_ADD_MEMBERSHIP), EINVAL},
    {M_multicast_join_unicast_allowed, V6(IPV6_JOIN_GROUP), EINVAL},
    {M_multicast_interface_unchecked, V4(IP_MULTICAST_IF), EADDRNOTAVAIL},
    {M_multicast_interface_unchecked, V6(IPV6_MULTICAST_IF), ENODEV},
    {M_multicast_ttl_unchecked, V4(IP_MULTICAST_TTL), EINVAL},
    {M_multicast_hops_unchecked, V6(IPV6_MULTICAST_HOPS), EINVAL},
    {M_options_length_unchecked, SOL_SOCKET, ANY, EINVAL},
    {M_options_unknown_accepted, SOL_SOCKET, ANY, ENOPROTOOPT},
    {M_options_tcp_unknown_accepted, IPPROTO_TCP, ANY, ENOPROTOOPT},
    {M_congestion_unknown_accepted, TCP(TCP_CONGESTION), ENOENT},
    {M_congestion_restricted_accepted, TCP(TCP_CONGESTION), EPERM},
    {M_options_busypoll_unchecked, SOCKET(SO_BUSY_POLL), EINVAL},
    {M_credentials_peer_settable, SOCKET(SO_PEERCRED), ENOPROTOOPT},
#include "forgiven_rules.def"
};
