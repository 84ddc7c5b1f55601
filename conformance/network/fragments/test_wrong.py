"""Fragments that are wrong by themselves, and what is told of them (RFC 8200 4.5)."""

import pytest

from conformance.network.fragments.pieces import carried, piece, receiver_of
from conformance.network.ip_headers.extensions import PROBLEM, pointer
from fixtures.stage.families import ip6, over

DATA = bytes(range(250)) * 8
LENGTH, OFFSET = 4, 42
"""Where the payload length stands in the header of IPv6, and the offset in the header of a fragment behind it."""
FARTHEST = 8191
"""The largest offset, in units of eight bytes: a fragment there with sixteen bytes ends beyond 65,535."""


@pytest.fixture(autouse=True)
def messages_not_limited(remote, sysctl):
    """The limit of messages is the machine's, and others use it too."""
    assert remote
    sysctl("net.ipv6.icmp.ratemask", 0)


@pytest.mark.claim("fragments.wrong.odd-length-told")
@over(ip6)
def test_fragment_of_no_multiple_of_eight_is_discarded_and_told(remote):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)

    remote.put(piece(remote, datagram, 0, 804))  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 0")) == LENGTH
    remote.put(piece(remote, datagram, 0, 800))
    remote.put(piece(remote, datagram, 800, 2008))
    assert receiver.recv(4096) == DATA


@pytest.mark.claim("fragments.wrong.too-far-told")
@over(ip6)
def test_fragment_that_ends_beyond_any_datagram_is_discarded_and_told(remote):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)
    beyond = piece(remote, datagram, 0, 16)
    beyond.payload.offset = FARTHEST

    remote.put(beyond)  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 0")) == OFFSET
    remote.put(piece(remote, datagram, 0, 800))
    remote.put(piece(remote, datagram, 800, 2008))
    assert receiver.recv(4096) == DATA


@pytest.mark.claim("fragments.wrong.headers-cut-told")
@over(ip6)
def test_first_fragment_without_all_headers_is_told(remote):
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment

    receiver = receiver_of(remote)
    datagram = remote.craft("UDP (8)")
    head = IPv6(src=datagram.src, dst=datagram.dst) / IPv6ExtHdrFragment(nh=60, m=1, id=79)

    remote.put(head / IPv6ExtHdrDestOpt(nh=17))  # decisive

    assert pointer(remote.expect(f"{PROBLEM} code 3")) == 0
    remote.send("UDP", payload=b"right")
    assert receiver.recv(10) == b"right"


@pytest.mark.claim("fragments.overlap.untold")
@over(ip6)
def test_nothing_is_told_of_an_overlap(remote):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)
    assert len(carried(datagram)) == len(DATA) + 8
    remote.put(piece(remote, datagram, 0, 800))

    remote.put(piece(remote, datagram, 792, 1600))  # decisive
    last = piece(remote, datagram, 1600, 2008)
    remote.put(last)

    remote.came(last)
    remote.send("UDP", payload=b"whole")
    assert receiver.recv(4096) == b"whole"
    remote.expect_none("ICMPv6")
