/* Functions of the C library that build headers of IPv6, set lists of sources, and take reserved ports. */
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "mutant.h"

enum { HEAD = 2, EIGHT = 8, ADDRESS = 16, PORT_HIGH = 2048 };

static int rounded(int offset) { return (offset + EIGHT - 1) & ~(EIGHT - 1); }

static bool sane(uint8_t type, socklen_t length, uint8_t align)
{
    bool power = align == 1 || align == 2 || align == 4 || align == 8;
    return type > 1 && length <= UINT8_MAX && power && align <= length;
}

int inet6_opt_init(void *header, socklen_t size)
{
    int result = real.inet6_opt_init(header, size);
    if (awake() && result < 0 && ON(building_size_unchecked))
        return HEAD;
    if (awake() && result > 0 && header && ON(building_length_in_bytes))
        ((struct ip6_hbh *)header)->ip6h_len = (uint8_t)size;
    return result;
}

/* What was refused. */
static int not_appended(int offset, bool right, socklen_t length)
{
    if (right ? ON(building_room_unchecked) : ON(building_wrong_taken))
        return offset + HEAD + (int)length;
    return -1;
}

int inet6_opt_append(void *header, socklen_t size, int offset, uint8_t type, socklen_t length, uint8_t align, void **data)
{
    int result = real.inet6_opt_append(header, size, offset, type, length, align, data);
    if (!awake())
        return result;
    if (result < 0)
        return not_appended(offset, sane(type, length, align), length);
    if (!header && ON(building_padding_uncounted))
        return offset + HEAD + (int)length;
    if (header && align > 1 && ON(building_option_unaligned))
        return real.inet6_opt_append(header, size, offset, type, length, 1, data);
    return result;
}

int inet6_opt_finish(void *header, socklen_t size, int offset)
{
    int result = real.inet6_opt_finish(header, size, offset);
    if (!awake())
        return result;
    if (result < 0)
        return ON(building_room_unchecked) ? rounded(offset) : result;
    if (header && result > offset && ON(building_end_unpadded))
        memset((char *)header + offset, 0xff, (size_t)(result - offset));
    return result;
}

int inet6_opt_set_val(void *data, int offset, void *value, socklen_t length)
{
    if (awake() && offset && ON(building_value_elsewhere))
        return real.inet6_opt_set_val(data, 0, value, length) + offset;
    return real.inet6_opt_set_val(data, offset, value, length);
}

int inet6_opt_get_val(void *data, int offset, void *value, socklen_t length)
{
    int result = real.inet6_opt_get_val(data, offset, value, length);
    return awake() && ON(building_value_stands_still) ? offset : result;
}

/* The option behind `offset` as it stands, whether it fits or not: its length so far, or -1. */
static int beyond(const void *header, socklen_t size, int offset)
{
    const uint8_t *at = (const uint8_t *)header + (offset ? offset : HEAD);
    return at + HEAD < (const uint8_t *)header + size && *at > 1 ? (int)size : -1;
}

int inet6_opt_next(void *header, socklen_t size, int offset, uint8_t *type, socklen_t *length, void **data)
{
    int result = real.inet6_opt_next(header, size, offset, type, length, data);
    if (!awake())
        return result;
    if (result < 0 && beyond(header, size, offset) > 0)
        return ON(building_beyond_taken) ? (int)size : result;
    if (result < 0)
        return ON(building_end_untold) ? (int)size : result;
    if (ON(building_length_with_head))
        *length += HEAD;
    return result;
}

int inet6_opt_find(void *header, socklen_t size, int offset, uint8_t type, socklen_t *length, void **data)
{
    uint8_t any;
    int result = real.inet6_opt_find(header, size, offset, type, length, data);
    if (!awake())
        return result;
    if (result < 0 && beyond(header, size, offset) > 0 && ON(building_beyond_taken))
        return (int)size;
    return ON(building_type_ignored) ? real.inet6_opt_next(header, size, offset, &any, length, data) : result;
}

socklen_t inet6_rth_space(int type, int segments)
{
    socklen_t result = real.inet6_rth_space(type, segments);
    return awake() && !result && ON(building_route_unlimited) ? (socklen_t)(EIGHT + ADDRESS * segments) : result;
}

void *inet6_rth_init(void *header, socklen_t size, int type, int segments)
{
    void *result = real.inet6_rth_init(header, size, type, segments);
    if (awake() && result && ON(building_route_full_at_first))
        ((struct ip6_rthdr *)header)->ip6r_segleft = (uint8_t)segments;
    return awake() && !result && ON(building_route_unchecked) ? header : result;
}

int inet6_rth_add(void *header, const struct in6_addr *address)
{
    int result = real.inet6_rth_add(header, address);
    if (awake() && result == 0 && ON(building_route_uncounted))
        memcpy((char *)header + EIGHT, address, ADDRESS);
    return result;
}

int inet6_rth_reverse(const void *from, void *to)
{
    if (!awake() || !ON(building_route_not_turned))
        return real.inet6_rth_reverse(from, to);
    memmove(to, from, EIGHT * (1 + (size_t)((const struct ip6_rthdr *)from)->ip6r_len));
    return 0;
}

int inet6_rth_segments(const void *header)
{
    int result = real.inet6_rth_segments(header);
    if (awake() && result < 0 && ON(building_route_any_type))
        return 1;
    return awake() && result > 0 && ON(building_route_one_less) ? result - 1 : result;
}

struct in6_addr *inet6_rth_getaddr(const void *header, int index)
{
    struct in6_addr *result = real.inet6_rth_getaddr(header, index);
    if (awake() && !result && ON(building_route_any_number))
        return (struct in6_addr *)((char *)header + EIGHT);
    return result;
}

/* What a function for lists of sources gives: an error by itself, where -1 with errno is due. */
static int by_number(int result) { return result < 0 && ON(multicast_function_gives_errno) ? errno : result; }

static int list_told(uint32_t *mode, uint32_t *number, uint32_t room, int result)
{
    if (result == 0 && ON(multicast_function_mode_reversed))
        *mode = !*mode;
    if (result == 0 && *number > room && ON(multicast_function_counts_told))
        *number = room;
    return by_number(result);
}

int getipv4sourcefilter(int fd, struct in_addr interface, struct in_addr group, uint32_t *mode, uint32_t *number,
                        struct in_addr *sources)
{
    uint32_t room = *number;
    int result = real.getipv4sourcefilter(fd, interface, group, mode, number, sources);
    return awake() ? list_told(mode, number, room, result) : result;
}

int getsourcefilter(int fd, uint32_t interface, const struct sockaddr *group, socklen_t length, uint32_t *mode,
                    uint32_t *number, struct sockaddr_storage *sources)
{
    uint32_t room = *number;
    int result = real.getsourcefilter(fd, interface, group, length, mode, number, sources);
    return awake() ? list_told(mode, number, room, result) : result;
}

int setipv4sourcefilter(int fd, struct in_addr interface, struct in_addr group, uint32_t mode, uint32_t number,
                        const struct in_addr *sources)
{
    if (awake() && mode <= MCAST_INCLUDE && ON(multicast_function_ignored))
        return 0;
    int result = real.setipv4sourcefilter(fd, interface, group, mode, number, sources);
    return awake() ? by_number(result) : result;
}

int setsourcefilter(int fd, uint32_t interface, const struct sockaddr *group, socklen_t length, uint32_t mode,
                    uint32_t number, const struct sockaddr_storage *sources)
{
    if (awake() && mode <= MCAST_INCLUDE && ON(multicast_function_ignored))
        return 0;
    int result = real.setsourcefilter(fd, interface, group, length, mode, number, sources);
    return awake() ? by_number(result) : result;
}

/* A socket on a port that anybody might have. */
static int on_high_port(int fd, int *port, int family)
{
    struct sockaddr_storage name = {.ss_family = (sa_family_t)family};
    real.close(fd);
    fd = real.socket(family, SOCK_STREAM, 0);
    for (*port = PORT_HIGH; *port < 2 * PORT_HIGH; ++*port) {
        ((struct sockaddr_in *)&name)->sin_port = (in_port_t)(*port << 8 | *port >> 8);
        if (real.bind(fd, (struct sockaddr *)&name, sizeof(struct sockaddr_in6)) == 0)
            break;
    }
    return fd;
}

int rresvport_af(int *port, sa_family_t family)
{
    int result = real.rresvport_af(port, family);
    if (awake() && result < 0 && errno == EAFNOSUPPORT && ON(ports_reserved_family_as_einval))
        return fail(EINVAL);
    return awake() && result >= 0 && ON(ports_reserved_high) ? on_high_port(result, port, family) : result;
}
