"""Options that a level does not have, and levels that a socket does not have."""

from ctypes import byref, c_int
from errno import ENOPROTOOPT, EOPNOTSUPP
from functools import partial
from socket import IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_RAW, IPPROTO_TCP, IPPROTO_UDP, SOL_SOCKET

import pytest

from conformance.configuration.values.tables import KINDS
from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from fixtures.stage.families import over_streams

LEVELS = {
    "SOL_SOCKET": SOL_SOCKET, "IPPROTO_IP": IPPROTO_IP, "IPPROTO_IPV6": IPPROTO_IPV6, "IPPROTO_TCP": IPPROTO_TCP,
    "IPPROTO_UDP": IPPROTO_UDP, "IPPROTO_UDPLITE": 136, "IPPROTO_RAW": IPPROTO_RAW, "IPPROTO_ICMPV6": IPPROTO_ICMPV6,
    "of nobody": 1234,
}  # fmt: skip
NOT_OF_IT = {EOPNOTSUPP: "Linux net/ipv4/ip_sockglue.c, ip_getsockopt(): a level that is not that of the family"}
UNKNOWN = 200
"""The number of no option at any level."""
OF_ANOTHER = {"IPV6_UNICAST_HOPS": (IPPROTO_IPV6, 16), "UDP_CORK": (IPPROTO_UDP, 1), "TCP_NODELAY": (IPPROTO_TCP, 1)}
"""Options of other sockets: of IPv6, of UDP, of TCP."""
FOREIGN = {
    ("ip4", "SOCK_STREAM"): ("IPV6_UNICAST_HOPS", "UDP_CORK"),
    ("ip4", "SOCK_DGRAM"): ("IPV6_UNICAST_HOPS", "TCP_NODELAY"),
    ("ip6", "SOCK_STREAM"): ("UDP_CORK",), ("ip6", "SOCK_DGRAM"): ("TCP_NODELAY",),
    ("unix", "SOCK_STREAM"): tuple(OF_ANOTHER), ("unix", "SOCK_DGRAM"): tuple(OF_ANOTHER),
}  # fmt: skip
kinds = pytest.mark.parametrize("kind", KINDS)


def both(end, memory, level, option):
    """setsockopt() and getsockopt() of that option, to be called."""
    value = memory.holding(b"\1\0\0\0")
    return {
        "setsockopt": partial(called, "setsockopt", end.fileno(), level, option, value, 4),
        "getsockopt": partial(called, "getsockopt", end.fileno(), level, option, value, byref(c_int(4))),
    }


@pytest.mark.claim("arguments.option.unknown-at-each-level")
@kinds
@over_streams
def test_option_that_no_level_has_is_refused(peers, memory, family, kind):
    end = peers.socket("end", family.domain, KINDS[kind])
    cases = {
        f"{call} at {name}": case
        for name, level in LEVELS.items()
        for call, case in both(end, memory, level, UNKNOWN).items()
    }

    with each_fails(ENOPROTOOPT, accepted=NOT_OF_IT) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.option.of-another-socket")
@kinds
@over_streams
def test_option_of_another_protocol_is_refused(peers, memory, family, kind):
    end = peers.socket("end", family.domain, KINDS[kind])
    cases = {
        f"{call} {name}": case
        for name in FOREIGN[family.name, kind]
        for call, case in both(end, memory, *OF_ANOTHER[name]).items()
    }

    with each_fails(ENOPROTOOPT, accepted=NOT_OF_IT) as tried:
        tried(cases)  # decisive
