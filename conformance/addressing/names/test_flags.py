"""Flags of getaddrinfo(3) that choose among addresses and name the host, and the order by what can be reached."""

from contextlib import suppress
from socket import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_ADDRCONFIG,
    AI_ALL,
    AI_CANONNAME,
    AI_V4MAPPED,
    EAI_ADDRFAMILY,
    EAI_BADFLAGS,
    EAI_NODATA,
    EAI_NONAME,
    SOCK_STREAM,
    gaierror,
    getaddrinfo,
    if_nametoindex,
)  # fmt: skip

import pytest

from conformance.addressing.names import libc
from fixtures.evidence.expect import one_of
from fixtures.stage.rtnetlink import Routes

pytestmark = pytest.mark.needs("ipv6", "namespace")
FOUR, SIX = "192.0.2.1", "2001:db8::1"
MAPPED = f"::ffff:{FOUR}"
BOTH = {("both.names", "A"): [FOUR], ("both.names", "AAAA"): [SIX], ("four.names", "A"): [FOUR]}
OWN = {FOUR: ("192.0.2.7", 24), SIX: ("2001:db8::7", 64)}
"""An address of ours in the network of each."""
NONE = "getaddrinfo(3), EAI_ADDRFAMILY, EAI_NODATA and EAI_NONAME: the name has no such address"


@pytest.fixture
def asked(resolver):
    """The addresses, in order, that a lookup of a name gives: ``asked(name, flags, family)``; or its EAI code."""
    resolver.records = BOTH

    def ask(name, flags=0, family=AF_UNSPEC):
        try:
            return [address[0] for *_, address in getaddrinfo(name, 80, family, SOCK_STREAM, 0, flags)]
        except gaierror as error:
            return error.errno

    return lambda *request: resolver.during(lambda: ask(*request))


def families_without_hints(name):
    """The families of the addresses that getaddrinfo() gives where its hints are NULL."""
    with libc.getaddrinfo(name, "80") as (code, found):
        assert code == 0
        return {libc.family_at(each.ai_addr) for each in found}


def furnish(*hosts):
    """Gives the host an address in the network of each of `hosts`, so that these can be reached, and no others."""
    with Routes() as routes, suppress(FileExistsError):
        for host in hosts:
            routes.add_address(if_nametoindex("lo"), *OWN[host])


@pytest.mark.claim("lookup.flags.official-name-in-the-first")
def test_official_name_is_in_the_first_entry(resolver):
    resolver.files["hosts"] = f"{FOUR} official.names other.names\n"
    asked, names = ("other.names", 80, AF_UNSPEC, SOCK_STREAM, 0, AI_CANONNAME), []

    names = [each[3] for each in resolver.during(lambda: getaddrinfo(*asked))]  # decisive

    assert names[:1] == ["official.names"]


@pytest.mark.claim("lookup.flags.no-name-without-a-host")
def test_official_name_of_no_host_is_refused(asked):
    code = None

    code = asked(None, AI_CANONNAME)  # decisive

    assert code == EAI_BADFLAGS


@pytest.mark.claim("lookup.flags.mapped-where-no-other")
def test_ip4_addresses_are_mapped_where_the_name_has_no_other(asked):
    mapped = []

    mapped = asked("four.names", AI_V4MAPPED, AF_INET6)  # decisive

    assert mapped == [MAPPED]
    assert asked("both.names", AI_V4MAPPED, AF_INET6) == [SIX]
    one_of(
        asked("four.names", 0, AF_INET6), dict.fromkeys((EAI_ADDRFAMILY, EAI_NODATA, EAI_NONAME), NONE), what="the code"
    )


@pytest.mark.claim("lookup.flags.mapped-for-ip6-alone")
@pytest.mark.parametrize("family", [AF_UNSPEC, AF_INET], ids=["any", "ip4"])
def test_lookup_of_no_family_or_of_ip4_maps_nothing(asked, family):
    found = []

    found = asked("four.names", AI_V4MAPPED, family)  # decisive

    assert found == [FOUR]


@pytest.mark.claim("lookup.hints.none-asks-for-families-of-the-host")
@pytest.mark.parametrize(("host", "family"), [(FOUR, AF_INET), (SIX, AF_INET6)])
def test_lookup_without_hints_gives_families_that_the_host_has(resolver, host, family):
    resolver.records = BOTH
    furnish(host)
    found = set()

    found = resolver.during(lambda: families_without_hints("both.names"))  # decisive

    assert found == {family}


@pytest.mark.claim("lookup.flags.all-adds-the-mapped")
def test_mapped_addresses_come_beside_the_others_by_request(asked):
    every = []

    every = asked("both.names", AI_V4MAPPED | AI_ALL, AF_INET6)  # decisive

    assert sorted(every) == sorted([MAPPED, SIX])
    assert asked("both.names", AI_ALL, AF_INET6) == [SIX]


@pytest.mark.claim("lookup.flags.only-families-of-the-host")
@pytest.mark.parametrize("host", [FOUR, SIX])
def test_only_addresses_of_a_family_that_the_host_has_are_given(asked, host):
    furnish(host)
    found = sorted(asked("both.names"))
    assert found == sorted([FOUR, SIX])

    found = asked("both.names", AI_ADDRCONFIG)  # decisive

    assert found == [host]


@pytest.mark.claim("lookup.order.reachable-first")
@pytest.mark.parametrize("host", [FOUR, SIX])
def test_address_that_can_be_reached_comes_before_one_that_cannot(asked, host):
    furnish(host)
    found = []

    found = asked("both.names")  # decisive

    assert found == [host, *{FOUR, SIX} - {host}]


@pytest.mark.claim("lookup.order.ip6-first-where-both-are-reachable")
def test_ip6_comes_first_where_both_can_be_reached(asked):
    furnish(FOUR, SIX)
    found = []

    found = asked("both.names")  # decisive

    assert found == [SIX, FOUR]
