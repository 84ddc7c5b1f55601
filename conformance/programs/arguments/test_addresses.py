"""Addresses that a call cannot read, and lengths that no address has."""

from errno import EDESTADDRREQ, EFAULT, EINVAL, ENOTCONN
from functools import partial
from select import POLLIN
from socket import AF_INET6, SOCK_DGRAM

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.names import nameless, peerless, sockaddr
from conformance.programs.arguments.outcomes import each_fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import ip6, over, over_streams

CALLS = {
    "bind": lambda end, address, length: called("bind", end.fileno(), address, length),
    "connect": lambda end, address, length: called("connect", end.fileno(), address, length),
    "sendto": lambda end, address, length: called("sendto", end.fileno(), b"lost", 4, 0, address, length),
}  # fmt: skip
"""Calls that are given an address to read."""
over_ip6 = over(ip6)
calls = pytest.mark.parametrize("name", CALLS)
LONGEST = 128
"""Bytes of a struct sockaddr_storage, in which every address has room."""
SHORTEST = {AF_INET6: 24}
"""Bytes that RFC 2133 had in a struct sockaddr_in6, before there were scopes: Linux takes those too."""
NO_ADDRESS = {
    ENOTCONN: "send(2), ERRORS, ENOTCONN: an address of no bytes may count as none",
    EDESTADDRREQ: "send(2), ERRORS, EDESTADDRREQ: an address of no bytes may count as none",
}  # fmt: skip


@pytest.mark.claim("arguments.address.unreadable")
@calls
@over_streams
def test_address_that_cannot_be_read_is_refused(peers, memory, family, name):
    target, end = peers.datagram(family, lane="target"), peers.socket("end", family.domain, SOCK_DGRAM)
    address = sockaddr(target)
    places = {"wholly": memory.nowhere, "in part": memory.ending(address[:-1])}
    cases = {how: partial(CALLS[name], end, at, len(address)) for how, at in places.items()}

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert peerless(end)
    assert readiness(target, POLLIN) == 0
    assert nameless(end)


@pytest.mark.claim("arguments.address.longer-than-any")
@calls
@over_streams
def test_length_that_no_address_has_is_refused(peers, memory, family, name):
    target, end = peers.datagram(family, lane="target"), peers.socket("end", family.domain, SOCK_DGRAM)
    address = memory.holding(sockaddr(target) + bytes(LONGEST))
    lengths = {f"of {length}": length for length in (-1, -(2**31), LONGEST + 1, 2**31 - 1)}
    cases = {what: partial(CALLS[name], end, address, size) for what, size in lengths.items()}

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert peerless(end)
    assert readiness(target, POLLIN) == 0
    assert nameless(end)


@pytest.mark.claim("arguments.address.shorter-than-its-family")
@pytest.mark.parametrize("name", ["connect", "sendto"])
@over_streams
def test_length_that_is_too_short_is_refused(peers, memory, family, name):
    target, end = peers.datagram(family, lane="target"), peers.socket("end", family.domain, SOCK_DGRAM)
    address = sockaddr(target)
    least = SHORTEST.get(family.domain, len(address)) if family.ip else 3
    cases = {
        f"of {length}": partial(CALLS[name], end, memory.holding(address), length) for length in (0, 1, 2, least - 1)
    }

    with each_fails(EINVAL, accepted=NO_ADDRESS) as tried:
        tried(cases)  # decisive

    assert peerless(end)
    assert readiness(target, POLLIN) == 0


@pytest.mark.claim("arguments.address.without-a-scope")
@calls
@over_ip6
def test_address_without_a_scope_is_taken(peers, memory, family, name):
    target, end = peers.datagram(family, lane="target"), peers.socket("end", family.domain, SOCK_DGRAM)
    address = memory.holding(sockaddr(target)) if name != "bind" else memory.holding(sockaddr(end))

    CALLS[name](end, address, SHORTEST[AF_INET6])  # decisive

    assert end.getsockname()[1] != 0
