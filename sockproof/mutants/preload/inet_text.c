/* inet(3), inet_pton(3), inet_ntop(3) and byteorder(3): addresses as text and in network order. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "mutant.h"

enum { TEXT = 16 }; /* INET_ADDRSTRLEN */

static int pton_refused(int family, const char *text, void *address)
{
    char cut[64];
    const char *zone = strchr(text, '%');
    if (family == AF_INET && *text && strspn(text, "0123456789abcdefx.") == strlen(text) && ON(inet_pton_short_accepted))
        return real.inet_aton(text, address);
    if (zone && zone - text < (long)sizeof cut && ON(inet_pton_zone_accepted)) {
        snprintf(cut, sizeof cut, "%.*s", (int)(zone - text), text);
        return real.inet_pton(family, cut, address);
    }
    if (ON(inet_pton_zero_sets_errno))
        errno = EINVAL;
    return ON(inet_pton_zero_as_error) ? fail(EINVAL) : 0;
}

int inet_pton(int family, const char *restrict text, void *restrict address)
{
    int result = real.inet_pton(family, text, address);
    if (!awake())
        return result;
    if (result == 0)
        return pton_refused(family, text, address);
    if (result < 0 && ON(inet_pton_family_as_zero))
        return 0;
    if (result == 1 && family == AF_INET6 && strchr(text, '.') && ON(inet_pton_mapped_refused))
        return 0;
    if (result == 1 && family == AF_INET && strcmp(text, "192.0.2.1") == 0 && ON(inet_pton_host_order))
        *(uint32_t *)address = __builtin_bswap32(*(uint32_t *)address);
    return result;
}

static bool written_out(const struct in6_addr *a, char *text, socklen_t size)
{
    const uint8_t *b = a->s6_addr;
    char whole[INET6_ADDRSTRLEN] = "";
    for (int i = 0; i < 16; i += 2)
        sprintf(whole + strlen(whole), "%s%x", i ? ":" : "", b[i] << 8 | b[i + 1]);
    return snprintf(text, size, "%s", whole) < (int)size;
}

const char *inet_ntop(int family, const void *restrict address, char *restrict text, socklen_t size)
{
    const char *result = real.inet_ntop(family, address, text, size);
    if (!awake())
        return result;
    if (result && family == AF_INET6 && strstr(text, "db8") && ON(inet_ntop_uncompressed))
        written_out(address, text, size);
    if (!result && errno == ENOSPC && ON(inet_ntop_room_unchecked))
        return real.inet_ntop(family, address, text, INET6_ADDRSTRLEN);
    if (!result && errno == EAFNOSUPPORT && ON(inet_ntop_family_as_einval))
        errno = EINVAL;
    if (result && size == INET6_ADDRSTRLEN && ON(inet_ntop_own_buffer)) {
        static char own[INET6_ADDRSTRLEN];
        return strcpy(own, text);
    }
    return result;
}

static bool is_short(const char *text)
{
    int dots = 0;
    for (const char *at = text; *at; at++)
        dots += *at == '.';
    return dots < 3;
}

int inet_aton(const char *text, struct in_addr *address)
{
    unsigned parts[4];
    int result = real.inet_aton(text, address);
    if (!awake())
        return result;
    if (result && is_short(text) && ON(inet_aton_short_refused))
        return 0;
    if (result && text[0] == '0' && text[1] != 'x' && ON(inet_aton_octal_as_decimal)
        && sscanf(text, "%u.%u.%u.%u", parts, parts + 1, parts + 2, parts + 3) == 4)
        address->s_addr = htonl(parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]);
    if (!result && ON(inet_aton_zero_sets_errno))
        errno = EINVAL;
    return result;
}

char *inet_ntoa(struct in_addr address)
{
    static char more[4][TEXT];
    static unsigned turn;
    if (awake() && ON(inet_ntoa_reversed))
        address.s_addr = __builtin_bswap32(address.s_addr);
    if (awake() && ON(inet_ntoa_more_buffers))
        return strcpy(more[turn++ % 4], real.inet_ntoa(address));
    return real.inet_ntoa(address);
}

/* The headers may define these as macros. */
#undef htons
#undef htonl
#undef ntohs
#undef ntohl

uint16_t htons(uint16_t host) { return awake() && ON(inet_order_unchanged) ? host : real.htons(host); }

uint32_t htonl(uint32_t host) { return awake() && ON(inet_order_unchanged) ? host : real.htonl(host); }

uint16_t ntohs(uint16_t network) { return awake() && ON(inet_order_back_unchanged) ? network : real.ntohs(network); }

uint32_t ntohl(uint32_t network) { return awake() && ON(inet_order_back_unchanged) ? network : real.ntohl(network); }
