"""getaddrinfo() without a name to look up: wildcard and loopback, services, codes, and the list."""

from ctypes import pointer
from socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    AF_UNSPEC,
    AI_CANONNAME,
    AI_NUMERICHOST,
    AI_NUMERICSERV,
    AI_PASSIVE,
    EAI_ADDRFAMILY,
    EAI_BADFLAGS,
    EAI_FAMILY,
    EAI_NONAME,
    EAI_SERVICE,
    EAI_SOCKTYPE,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    getaddrinfo,
    if_nametoindex,
)  # fmt: skip

import pytest

from conformance.addressing.names import libc
from fixtures.evidence.scenario import note
from fixtures.stage.children import in_child
from fixtures.stage.families import ip4, ip6, over_ip

PORT = "4711"
CODES = {
    "both-null": (None, None, {}, EAI_NONAME),
    "not-numeric": ("a.name", PORT, {"ai_flags": AI_NUMERICHOST}, EAI_NONAME),
    "service-not-numeric": ("127.0.0.1", "http", {"ai_flags": AI_NUMERICSERV}, EAI_NONAME),
    "unknown-flags": ("127.0.0.1", PORT, {"ai_flags": 1 << 30}, EAI_BADFLAGS),
    "canonical-of-none": (None, PORT, {"ai_flags": AI_CANONNAME}, EAI_BADFLAGS),
    "number-of-ip4": ("127.0.0.1", PORT, {"ai_family": AF_INET6}, EAI_ADDRFAMILY),
    "number-of-ip6": ("::1", PORT, {"ai_family": AF_INET}, EAI_ADDRFAMILY),
    "unknown-family": ("127.0.0.1", PORT, {"ai_family": AF_UNIX}, EAI_FAMILY),
    "type-and-protocol": ("127.0.0.1", PORT, {"ai_socktype": SOCK_DGRAM, "ai_protocol": IPPROTO_TCP}, EAI_SOCKTYPE),
    "raw-service": ("127.0.0.1", "http", {"ai_socktype": SOCK_RAW}, EAI_SERVICE),
}
TYPES = {(SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, IPPROTO_UDP), (SOCK_RAW, 0)}
FORMS = ["127.1", "127.0.1", "2130706433", "0x7f.0.0.1", "0x7f000001", "0177.0.0.1"]
"""127.0.0.1 in fewer numbers, and in hexadecimal and octal ones (inet(3), inet_aton())."""
ROUNDS = 1000
SMALLEST = 48
"""Bytes of a struct addrinfo without the address."""
codes = pytest.mark.parametrize(("node", "service", "hints", "expected"), CODES.values(), ids=CODES)


def hosts(found):
    """The address of each entry, in order."""
    return [address[0] for *_, address in found]


@pytest.mark.claim("lookup.passive.wildcard")
def test_passive_without_a_host_gives_the_wildcard_addresses():
    found = []
    found = getaddrinfo(None, PORT, AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE)  # decisive

    assert set(hosts(found)) == {"0.0.0.0", "::"}
    assert {address[1] for *_, address in found} == {int(PORT)}


@pytest.mark.claim("lookup.passive.wildcard")
@over_ip
def test_passive_without_a_host_gives_the_wildcard_of_the_family(family):
    found = []
    found = getaddrinfo(None, PORT, family.domain, SOCK_STREAM, 0, AI_PASSIVE)  # decisive

    assert hosts(found) == [family.wildcard]


@pytest.mark.claim("lookup.passive.without-it-loopback")
@over_ip
def test_no_host_and_not_passive_gives_the_loopback_of_the_family(family):
    found = []
    found = getaddrinfo(None, PORT, family.domain, SOCK_STREAM, 0, 0)  # decisive

    assert hosts(found) == [family.loopback]


@pytest.mark.claim("lookup.passive.can-be-bound")
@over_ip
def test_passive_address_is_bound_and_reached(peers, family):
    [(domain, kind, protocol, _, address)] = getaddrinfo(None, "0", family.domain, SOCK_STREAM, 0, AI_PASSIVE)
    listener = peers.socket("listener", domain, kind, protocol)
    listener.bind(address)  # decisive
    port = listener.getsockname()[1]
    listener.listen(1)

    client = peers.connecting(family, family.address(port))

    assert peers.accepting(listener).getpeername() == client.getsockname()


@pytest.mark.claim("lookup.passive.without-it-loopback")
def test_no_host_and_not_passive_gives_the_loopback_addresses():
    found = []
    found = getaddrinfo(None, PORT, AF_UNSPEC, SOCK_STREAM, 0, 0)  # decisive

    assert set(hosts(found)) == {"127.0.0.1", "::1"}


@pytest.mark.claim("lookup.passive.ignored-with-host")
@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"])
def test_passive_changes_nothing_for_a_host(host):
    found = []
    found = getaddrinfo(host, PORT, AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE | AI_NUMERICHOST)  # decisive

    assert hosts(found) == [host]


@pytest.mark.claim("lookup.service.number")
@pytest.mark.parametrize("number", ["1", "80", "9000", "65535"])
@over_ip
def test_service_may_be_a_number(family, number):
    found = []
    found = getaddrinfo(None, number, family.domain, SOCK_STREAM)  # decisive

    assert [address[:2] for *_, address in found] == [(family.loopback, int(number))]


@pytest.mark.claim("lookup.list.every-type-without-hint")
@over_ip
def test_address_comes_once_for_each_type(family):
    found = []
    found = getaddrinfo(family.loopback, PORT, family.domain, 0, 0, AI_NUMERICHOST)  # decisive

    assert {(kind, protocol) for _, kind, protocol, *_ in found} == TYPES
    assert hosts(found) == [family.loopback] * len(TYPES)


@pytest.mark.claim("lookup.list.hint-chooses-the-type")
@pytest.mark.parametrize(("kind", "protocol"), [(SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, IPPROTO_UDP)])
@over_ip
def test_hint_leaves_one_type(family, kind, protocol):
    found = []
    found = getaddrinfo(family.loopback, PORT, family.domain, kind, 0, AI_NUMERICHOST)  # decisive

    assert [entry[1:3] for entry in found] == [(kind, protocol)]


@pytest.mark.claim("lookup.list.hint-chooses-the-family")
@pytest.mark.parametrize(("family", "host"), [(AF_INET, "127.0.0.1"), (AF_INET6, "::1")])
def test_hint_leaves_one_family(family, host):
    found = []
    found = getaddrinfo(None, PORT, family, SOCK_STREAM)  # decisive

    assert [(entry[0], entry[4][0]) for entry in found] == [(family, host)]


@pytest.mark.claim("lookup.result.zero-and-the-list")
@over_ip
def test_success_is_zero_and_the_list_comes_by_the_pointer(family):
    code, found = None, []
    with libc.getaddrinfo(family.loopback, PORT, ai_flags=AI_NUMERICHOST, ai_socktype=SOCK_STREAM) as told:
        code, found = told  # decisive

        seen = code, [(item.ai_family, item.ai_socktype, bool(item.ai_addr)) for item in found]

    assert seen == (0, [(family.domain, SOCK_STREAM, True)])


@pytest.mark.claim("lookup.result.code-for-an-error")
@codes
def test_failure_is_a_code(node, service, hints, expected):
    code, found = None, []
    with libc.getaddrinfo(node, service, **hints) as told:
        code, found = told  # decisive
        note(libc.gai_strerror(expected), libc.gai_strerror(code), holds=code == expected)

    assert (code, found) == (expected, [])


@pytest.mark.claim("lookup.result.text-of-a-code")
def test_every_code_has_a_text_of_its_own():
    codes = {expected for *_, expected in CODES.values()}

    texts = set()
    texts = {libc.gai_strerror(code) for code in codes}  # decisive

    assert len(texts) == len(codes)
    assert "" not in texts


@pytest.mark.claim("lookup.list.freed")
def test_freed_lists_leave_the_heap_as_it_was():
    grown = ROUNDS * SMALLEST
    grown = in_child(lambda: grows(free=True)).value  # decisive

    assert grown < ROUNDS * SMALLEST / 4


@pytest.mark.claim("lookup.list.kept-until-freed")
def test_lists_that_are_not_freed_stay_on_the_heap():
    grown = 0
    grown = in_child(lambda: grows(free=False)).value  # decisive

    assert grown >= ROUNDS * SMALLEST


@pytest.mark.claim("lookup.list.freed-in-parts")
def test_parts_of_a_list_are_freed_one_by_one():
    grown = ROUNDS * SMALLEST
    grown = in_child(lambda: grows(free=True, parts=True)).value  # decisive

    assert grown < ROUNDS * SMALLEST / 4


def grows(*, free, parts=False):
    """Bytes by which the heap grows over many lookups."""
    lookups = [libc.lookup("127.0.0.1", PORT, ai_flags=AI_NUMERICHOST) for _ in range(2)]
    before, lookups = libc.allocated(), lookups * 0
    for _ in range(ROUNDS):
        code, found = libc.lookup("127.0.0.1", PORT, ai_flags=AI_NUMERICHOST)
        assert code == 0
        for part in in_parts(found) if parts else [found]:
            if free:
                libc.freeaddrinfo(part)
    return libc.allocated() - before


def in_parts(found):
    """A list, cut behind its first entry: the rest, and then the first."""
    rest = pointer(found.contents.ai_next.contents)
    found.contents.ai_next = None
    return [rest, found]


@pytest.mark.claim("lookup.result.rest-is-zero")
@over_ip
def test_what_nobody_gave_is_zero_in_an_address(family):
    found = ()
    [(*_, found)] = getaddrinfo(family.loopback, None, family.domain, SOCK_STREAM, 0, AI_NUMERICHOST)  # decisive

    assert found[1:] == (0,) * (3 if family is ip6 else 1)


@pytest.mark.claim("lookup.scope.zone-is-the-interface")
def test_zone_of_a_link_local_address_becomes_its_scope_id():
    found = []
    found = getaddrinfo("fe80::1%lo", PORT, AF_INET6, SOCK_STREAM, 0, AI_NUMERICHOST)  # decisive

    assert [address[3] for *_, address in found] == [if_nametoindex("lo")]


@pytest.mark.claim("lookup.scope.unknown-interface-fails")
def test_zone_that_names_no_interface_is_unknown():
    code, found = None, []
    with libc.getaddrinfo("fe80::1%no-such", PORT, ai_family=AF_INET6, ai_flags=AI_NUMERICHOST) as told:
        code, found = told  # decisive

    assert (code, found) == (EAI_NONAME, [])


@pytest.mark.claim("lookup.numeric.short-forms")
@pytest.mark.parametrize("form", FORMS)
def test_numeric_host_may_be_any_form_of_inet_aton(form):
    found = []
    found = getaddrinfo(form, PORT, ip4.domain, SOCK_STREAM, 0, AI_NUMERICHOST)  # decisive

    assert hosts(found) == ["127.0.0.1"]


SIZES = {AF_INET: 16, AF_INET6: 28}
"""Bytes of struct sockaddr_in (ip(7)) and struct sockaddr_in6 (ipv6(7))."""


@pytest.mark.claim("lookup.result.address-of-its-family")
@over_ip
def test_entry_points_to_an_address_of_its_family_and_tells_its_size(family):
    seen = None

    with libc.getaddrinfo(family.loopback, PORT, ai_flags=AI_NUMERICHOST, ai_socktype=SOCK_STREAM) as found:  # decisive
        seen = found[0], [(item.ai_family, libc.family_at(item.ai_addr), item.ai_addrlen) for item in found[1]]

    assert seen == (0, [(family.domain, family.domain, SIZES[family.domain])])
