"""getnameinfo(): from an address back to a host and a service."""

from socket import (
    EAI_BADFLAGS,
    EAI_FAMILY,
    EAI_NONAME,
    EAI_OVERFLOW,
    NI_DGRAM,
    NI_NAMEREQD,
    NI_NUMERICHOST,
    NI_NUMERICSERV,
)

import pytest

from conformance.addressing.addresses.raw import sockaddr
from conformance.addressing.names.dns import Question
from conformance.addressing.names.libc import getnameinfo, nothing_of
from fixtures.stage.families import ip4, ip6, over_ip

NUMERIC = NI_NUMERICHOST | NI_NUMERICSERV
REVERSE = {"ip4": "50.2.0.192.in-addr.arpa", "ip6": "0.5." + "0." * 22 + "8.b.d.0.1.0.0.2.ip6.arpa"}
UNLISTED = {"ip4": "192.0.2.50", "ip6": "2001:db8::50"}
LISTED = {"ip4": "192.0.2.10", "ip6": "2001:db8::10"}


@pytest.mark.claim("lookup.reverse.numeric")
@over_ip
def test_numeric_flags_give_the_address_as_text(family):
    seen = None
    seen = getnameinfo(sockaddr(family, family.loopback, 80), flags=NUMERIC)  # decisive

    assert seen == (0, family.loopback, "80")


@pytest.mark.claim("lookup.reverse.numeric-asks-nobody")
@pytest.mark.needs("namespace")
@over_ip
def test_numeric_flags_ask_nobody(resolver, wire, family):
    address = sockaddr(family, LISTED[family.name], 4711)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address, flags=NUMERIC))  # decisive

    assert (seen, resolver.questions) == ((0, LISTED[family.name], "4711"), [])
    wire.never("* > nameserver UDP")


@pytest.mark.claim("lookup.reverse.from-files")
@pytest.mark.needs("namespace")
@over_ip
def test_names_come_from_the_files(resolver, family):
    address = sockaddr(family, LISTED[family.name], 4711)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address))  # decisive

    assert (seen, resolver.questions) == ((0, "both.test", "ours"), [])


@pytest.mark.claim("lookup.reverse.query")
@pytest.mark.needs("namespace")
@over_ip
def test_address_is_asked_for_in_reverse(resolver, wire, family):
    resolver.records = {(REVERSE[family.name], "PTR"): ["fifty.test"]}
    address = sockaddr(family, UNLISTED[family.name], 4711)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address, flags=NI_NAMEREQD))  # decisive

    assert seen == (0, "fifty.test", "ours")
    assert resolver.questions == [Question(REVERSE[family.name], "PTR", "UDP")]
    wire.expect("* > nameserver UDP")


@pytest.mark.claim("lookup.reverse.unknown-is-numeric")
@pytest.mark.needs("namespace")
@over_ip
def test_address_without_a_name_is_given_as_text(resolver, family):
    address = sockaddr(family, UNLISTED[family.name], 4799)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address))  # decisive

    assert seen == (0, UNLISTED[family.name], "4799")


@pytest.mark.claim("lookup.reverse.name-required")
@pytest.mark.needs("namespace")
@over_ip
def test_required_name_that_is_not_found_is_an_error(resolver, family):
    address = sockaddr(family, UNLISTED[family.name], 4711)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address, flags=NI_NAMEREQD)[0])  # decisive

    assert seen == EAI_NONAME


@pytest.mark.claim("lookup.reverse.service-by-protocol")
@pytest.mark.needs("namespace")
@pytest.mark.parametrize(("flags", "expected"), [(0, "one-number"), (NI_DGRAM, "other-number")])
def test_service_is_that_of_the_protocol(looked_up, flags, expected):
    address = sockaddr(ip4, ip4.loopback, 4713)

    seen = None
    seen = looked_up(lambda: getnameinfo(address, flags=NI_NUMERICHOST | flags))  # decisive

    assert seen == (0, ip4.loopback, expected)


@pytest.mark.claim("lookup.reverse.too-little-room")
@pytest.mark.parametrize("room", [{"host": 3}, {"service": 2}], ids=["host", "service"])
@over_ip
def test_text_that_does_not_fit_is_an_error(family, room):
    code = None
    code, *_ = getnameinfo(sockaddr(family, family.loopback, 4711), flags=NUMERIC, **room)  # decisive

    assert code == EAI_OVERFLOW


@pytest.mark.claim("lookup.reverse.short-address")
@over_ip
def test_address_that_is_too_short_is_an_error(family):
    code = None
    code, *_ = getnameinfo(sockaddr(family, family.loopback, 80)[:8], flags=NUMERIC)  # decisive

    assert code == EAI_FAMILY


@pytest.mark.claim("lookup.reverse.neither-asked")
@over_ip
def test_neither_host_nor_service_is_an_error(family):
    code = None
    code = nothing_of(sockaddr(family, family.loopback, 80), NI_NAMEREQD)  # decisive

    assert code == EAI_NONAME


@pytest.mark.claim("lookup.reverse.unknown-flags")
@over_ip
def test_unknown_flag_is_an_error(family):
    address = sockaddr(family, family.loopback, 80)
    assert getnameinfo(address, flags=NUMERIC)[0] == 0

    code = None
    code, *_ = getnameinfo(address, flags=NUMERIC | 1 << 30)  # decisive

    assert code == EAI_BADFLAGS


@pytest.mark.claim("lookup.reverse.mapped-as-ip4")
@pytest.mark.needs("namespace")
def test_mapped_address_is_asked_for_as_one_of_ip4(resolver):
    resolver.records = {(REVERSE["ip4"], "PTR"): ["fifty.test"]}
    address = sockaddr(ip6, f"::ffff:{UNLISTED['ip4']}", 4711)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address))  # decisive

    assert seen == (0, "fifty.test", "ours")
    assert resolver.questions == [Question(REVERSE["ip4"], "PTR", "UDP")]


@pytest.mark.claim("lookup.reverse.unspecified-has-no-name")
@pytest.mark.needs("namespace")
def test_unspecified_address_has_no_name(resolver):
    address = sockaddr(ip6, ip6.wildcard, 4711)

    seen = None
    seen = resolver.during(lambda: getnameinfo(address, flags=NI_NAMEREQD)[0])  # decisive

    assert seen == EAI_NONAME
