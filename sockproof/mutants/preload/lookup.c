/* getaddrinfo(3), freeaddrinfo(3) and getnameinfo(3). What they ask of name servers is altered by the C library's own
 * settings, in the child that looks up. */
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mutant.h"

#define EACH(list, item) for (struct addrinfo *item = (list); item; item = item->ai_next)

static struct sockaddr_in *four(struct addrinfo *a) { return (struct sockaddr_in *)a->ai_addr; }

static struct sockaddr_in6 *six(struct addrinfo *a) { return (struct sockaddr_in6 *)a->ai_addr; }

static bool is_name(const char *node, const struct addrinfo *hints)
{
    struct in6_addr room;
    return node && !strchr(node, '%') && !(hints && hints->ai_flags & AI_NUMERICHOST)
        && real.inet_aton(node, (struct in_addr *)&room) == 0 && real.inet_pton(AF_INET6, node, &room) != 1;
}

static void set_addresses(struct addrinfo *list, uint32_t v4, struct in6_addr v6)
{
    EACH(list, item)
        if (item->ai_family == AF_INET)
            four(item)->sin_addr.s_addr = htonl(v4);
        else
            six(item)->sin6_addr = v6;
}

static struct addrinfo *reversed(struct addrinfo *list)
{
    struct addrinfo *done = NULL;
    while (list) {
        struct addrinfo *next = list->ai_next;
        list->ai_next = done;
        done = list;
        list = next;
    }
    return done;
}

static void resolver_setting(unsigned long bit)
{
    res_init();
    _res.options |= bit;
}

/* Replaces what the child's nsswitch.conf says. */
static void look_only_in(const char *where)
{
    int (*configure)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(
        RTLD_DEFAULT, "__nss_configure_lookup");
    if (configure)
        configure("hosts", where);
}

static void no_use_vc(void)
{
    res_init();
    _res.options &= ~(unsigned long)RES_USEVC;
}

static void before_lookup(void)
{
    if (ON(lookup_hosts_ignored))
        look_only_in("dns");
    if (ON(lookup_hosts_alone))
        look_only_in("files");
    if (ON(lookup_hosts_first_always))
        look_only_in("files dns");
    if (ON(lookup_dns_by_tcp_always))
        resolver_setting(RES_USEVC);
    if (ON(lookup_dns_use_vc_ignored))
        no_use_vc();
    if (ON(lookup_dns_cut_accepted))
        resolver_setting(RES_IGNTC);
}

/* The last answer of this process: a cache of one name. */
static char cached_name[256];
static struct addrinfo *cached;

static struct addrinfo *copied(const struct addrinfo *list)
{
    struct addrinfo *first = NULL, **end = &first;
    EACH((struct addrinfo *)list, item) {
        struct addrinfo *copy = malloc(sizeof *copy + item->ai_addrlen);
        *copy = *item;
        copy->ai_addr = memcpy(copy + 1, item->ai_addr, item->ai_addrlen);
        copy->ai_canonname = item->ai_canonname ? strdup(item->ai_canonname) : NULL;
        copy->ai_next = NULL;
        *end = copy;
        end = &copy->ai_next;
    }
    return first;
}

static bool from_cache(const char *node, struct addrinfo **found)
{
    if (strcmp(node, cached_name) != 0 || !ON(lookup_dns_cached))
        return false;
    *found = copied(cached);
    return true;
}

static void to_cache(const char *node, const struct addrinfo *found)
{
    strncpy(cached_name, node, sizeof cached_name - 1);
    if (armed(M_lookup_dns_cached))
        cached = copied(found);
}

static void no_host(const struct addrinfo *hints, struct addrinfo **found)
{
    bool passive = hints && hints->ai_flags & AI_PASSIVE;
    if (passive && hints->ai_family != AF_UNSPEC && ON(lookup_passive_family_loopback))
        set_addresses(*found, INADDR_LOOPBACK, in6addr_loopback);
    if (passive && ON(lookup_passive_as_loopback))
        set_addresses(*found, INADDR_LOOPBACK, in6addr_loopback);
    if (!passive && ON(lookup_passive_always))
        set_addresses(*found, INADDR_ANY, in6addr_any);
    if ((*found)->ai_next && (*found)->ai_family != (*found)->ai_next->ai_family && ON(lookup_order_reversed))
        *found = reversed(*found);
}

static void numeric_host(const char *node, const struct addrinfo *hints, struct addrinfo *found)
{
    if (hints && hints->ai_flags & AI_PASSIVE && ON(lookup_passive_overrules_host))
        set_addresses(found, INADDR_ANY, in6addr_any);
    if (strchr(node, '%') && ON(lookup_scope_dropped))
        six(found)->sin6_scope_id = 0;
}

static void drop_rest(struct addrinfo *found)
{
    struct addrinfo *rest = found->ai_next;
    found->ai_next = NULL;
    if (rest)
        real.freeaddrinfo(rest);
}

static bool same_address(const struct addrinfo *one, const struct addrinfo *other)
{
    return one->ai_addrlen == other->ai_addrlen && memcmp(one->ai_addr, other->ai_addr, one->ai_addrlen) == 0;
}

static bool two_families(const char *node, const struct addrinfo *found)
{
    return node && found->ai_next && found->ai_family != found->ai_next->ai_family;
}

static void change_order(const char *node, struct addrinfo **found)
{
    if (two_families(node, *found) && (*found)->ai_family == AF_INET && ON(lookup_order_six_always))
        *found = reversed(*found);
    else if (two_families(node, *found) && (*found)->ai_family == AF_INET6 && ON(lookup_order_four_always))
        *found = reversed(*found);
}

static void change_list(const char *service, const struct addrinfo *hints, struct addrinfo *found)
{
    struct addrinfo *next = found->ai_next;
    if (next && same_address(found, next) && ON(lookup_list_one_type))
        drop_rest(found);
    else if (next && !same_address(found, next) && ON(lookup_list_first_only))
        drop_rest(found);
    if (hints && hints->ai_socktype && ON(lookup_list_type_zero))
        found->ai_socktype = 0;
    if (ON(lookup_list_length_full))
        EACH(found, item)
            item->ai_addrlen = sizeof(struct sockaddr_storage);
    if (service && strspn(service, "0123456789") == strlen(service) && ON(lookup_service_number_lost))
        EACH(found, item)
            four(item)->sin_port = 0;
    if (service && strspn(service, "0123456789") < strlen(service) && ON(lookup_service_name_lost))
        EACH(found, item)
            four(item)->sin_port = 0;
    if (found->ai_family == AF_INET6 && ON(lookup_result_flow_left))
        six(found)->sin6_flowinfo = htonl(0x12345);
    if (!service && ON(lookup_result_port_left))
        four(found)->sin_port = htons(9);
}

/* Tries to reach the first address, as getaddrinfo() does not. */
static void connect_to(const struct addrinfo *found)
{
    int fd = real.socket(found->ai_family, SOCK_STREAM, 0);
    real.connect(fd, found->ai_addr, found->ai_addrlen);
    real.close(fd);
}

static int failed(int code)
{
    if (code == EAI_NONAME && ON(lookup_result_noname_as_again))
        return EAI_AGAIN;
    if (code == EAI_ADDRFAMILY && ON(lookup_numeric_family_as_noname))
        return EAI_NONAME;
    if (code == EAI_SERVICE && ON(lookup_service_unknown_as_system))
        return EAI_SYSTEM;
    if (code == EAI_AGAIN && ON(lookup_result_again_as_noname))
        return EAI_NONAME;
    return ON(lookup_result_code_positive) ? -code : code;
}

/* The list that the first lookup of an address gave, given again and never freed. */
static struct addrinfo *kept;

static bool shared_list(const struct addrinfo *hints, struct addrinfo **found)
{
    if (!hints || hints->ai_socktype || hints->ai_family || !ON(lookup_list_shared))
        return false;
    if (kept)
        real.freeaddrinfo(*found);
    else
        kept = *found;
    *found = kept;
    return true;
}

static int number_of(struct addrinfo *found)
{
    int count = 0;
    EACH(found, item)
        count++;
    return count;
}

static void ask_anyway(void)
{
    struct addrinfo *found;
    if (ON(lookup_numeric_asked) && real.getaddrinfo("asked.test", NULL, NULL, &found) == 0)
        real.freeaddrinfo(found);
}

/* Flags that are passed over. */
static void change_flags(struct addrinfo *own)
{
    if (own->ai_flags & AI_CANONNAME && ON(lookup_flags_name_ignored))
        own->ai_flags &= ~AI_CANONNAME;
    if (own->ai_flags & AI_V4MAPPED && ON(lookup_flags_mapped_ignored))
        own->ai_flags &= ~AI_V4MAPPED;
    if (own->ai_flags & AI_ALL && ON(lookup_flags_all_ignored))
        own->ai_flags &= ~AI_ALL;
    if (own->ai_flags & AI_ADDRCONFIG && ON(lookup_flags_families_ignored))
        own->ai_flags &= ~AI_ADDRCONFIG;
}

/* What is asked for: another family than the hints have, or another host. */
static struct addrinfo *changed_hints(bool name, const struct addrinfo *hints, struct addrinfo *own)
{
    *own = *hints;
    if (own->ai_family != AF_UNSPEC && own->ai_family != AF_UNIX && ON(lookup_list_family_ignored))
        own->ai_family = AF_UNSPEC;
    else if (own->ai_family == AF_UNSPEC && name && ON(lookup_dns_one_family))
        own->ai_family = AF_INET;
    if (own->ai_flags & AI_V4MAPPED && own->ai_family == AF_UNSPEC && ON(lookup_flags_mapped_of_any))
        own->ai_family = AF_INET6;
    change_flags(own);
    return own;
}

/* No hints are as hints without flags, as POSIX has it and this C library does not. */
static struct addrinfo *no_hints(const char *node, struct addrinfo *own)
{
    *own = (struct addrinfo){0};
    return node && ON(lookup_hints_none_every_family) ? own : NULL;
}

static bool is_shortened(const char *node)
{
    return node && *node && strspn(node, "0123456789.") == strlen(node) && !strstr(node, "0.0")
        && strchr(node, '.') == strrchr(node, '.');
}

/* Numbers with a base of their own: 0x7f, 0177. */
static bool has_base(const char *node)
{
    return node && node[0] == '0' && strspn(node, "0123456789abcdefx.") == strlen(node) && node[1] != '.';
}

static int without_zone(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    char cut[64] = "";
    strncpy(cut, node, strcspn(node, "%") < sizeof cut ? strcspn(node, "%") : sizeof cut - 1);
    return real.getaddrinfo(cut, service, hints, found);
}

static int looked_up(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int code;
    struct addrinfo own;
    bool name = awake() && is_name(node, hints);
    if (name)
        before_lookup();
    if (name && from_cache(node, found))
        return 0;
    if (!awake())
        return real.getaddrinfo(node, service, hints, found);
    if (node && !name)
        ask_anyway();
    if (is_shortened(node) && ON(lookup_numeric_short_refused))
        return EAI_NONAME;
    if (has_base(node) && ON(lookup_numeric_decimal_only))
        return EAI_NONAME;
    code = real.getaddrinfo(node, service, hints ? changed_hints(name, hints, &own) : no_hints(node, &own), found);
    if (code == EAI_NONAME && node && strchr(node, '%') && ON(lookup_scope_unknown_allowed))
        return without_zone(node, service, hints, found);
    if (code != 0)
        return failed(code);
    if (name)
        to_cache(node, *found);
    if (name && ON(lookup_order_connects))
        connect_to(*found);
    if (!node)
        no_host(hints, found);
    else if (!name)
        numeric_host(node, hints, *found);
    change_order(node, found);
    change_list(service, hints, *found);
    if (node && !name && shared_list(hints, found))
        return 0;
    return node && !name && ON(lookup_result_counts) ? number_of(*found) : 0;
}

/* The beginnings of lists that getaddrinfo(3) gave last: another is a part of one. */
static struct addrinfo *beginnings[4];

static bool is_part(const struct addrinfo *list)
{
    for (unsigned i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (beginnings[i] == list)
            return false;
    return true;
}

static void remember_beginning(struct addrinfo *list)
{
    static unsigned next;
    beginnings[next++ % (sizeof beginnings / sizeof *beginnings)] = list;
}

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
    struct addrinfo **restrict found)
{
    int code = looked_up(node, service, hints, found);
    if (code == 0 && armed(M_lookup_list_parts_never_freed))
        remember_beginning(*found);
    return code;
}

void freeaddrinfo(struct addrinfo *list)
{
    if (awake() && (ON(lookup_list_never_freed) || (kept && list == kept)))
        return;
    if (awake() && is_part(list) && ON(lookup_list_parts_never_freed))
        return;
    real.freeaddrinfo(list);
}

const char *gai_strerror(int code)
{
    return awake() && ON(lookup_result_text_same) ? "Unknown error" : real.gai_strerror(code);
}

static int changed_flags(int flags)
{
    if (flags & NI_NUMERICHOST && ON(lookup_reverse_numeric_ignored))
        flags &= ~(NI_NUMERICHOST | NI_NUMERICSERV);
    if (!(flags & NI_NUMERICHOST) && ON(lookup_reverse_always_numeric))
        flags |= NI_NUMERICHOST | NI_NUMERICSERV;
    if (flags & NI_NAMEREQD && ON(lookup_reverse_name_not_required))
        flags &= ~NI_NAMEREQD;
    if (flags & NI_DGRAM && ON(lookup_reverse_always_stream))
        flags &= ~NI_DGRAM;
    if (!(flags & NI_NAMEREQD) && !(flags & NI_NUMERICHOST) && ON(lookup_reverse_name_always_required))
        flags |= NI_NAMEREQD;
    return flags;
}

static bool is_mapped(const struct sockaddr *name)
{
    return name->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)name)->sin6_addr);
}

static bool is_unspecified(const struct sockaddr *name)
{
    return name->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)name)->sin6_addr);
}

int getnameinfo(const struct sockaddr *restrict name, socklen_t length, char *restrict host, socklen_t host_size,
    char *restrict service, socklen_t service_size, int flags)
{
    int code;
    if (!awake())
        return real.getnameinfo(name, length, host, host_size, service, service_size, flags);
    if (!(flags & NI_NUMERICHOST))
        before_lookup();
    if (!(flags & NI_NUMERICHOST) && is_mapped(name) && ON(lookup_reverse_mapped_not_looked_up))
        flags |= NI_NUMERICHOST;
    if (flags & NI_NAMEREQD && is_unspecified(name) && ON(lookup_reverse_unspecified_as_number))
        flags = NI_NUMERICHOST;
    code = real.getnameinfo(name, length, host, host_size, service, service_size, changed_flags(flags));
    if (code == EAI_OVERFLOW && ON(lookup_reverse_room_unchecked))
        return 0;
    if (code == EAI_FAMILY && ON(lookup_reverse_length_unchecked))
        return 0;
    if (code == EAI_BADFLAGS && ON(lookup_reverse_flags_unchecked))
        return 0;
    if (code == EAI_NONAME && !host && !service && ON(lookup_reverse_neither_allowed))
        return 0;
    return code;
}
