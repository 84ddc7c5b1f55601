"""Datagrams of which a part never comes (RFC 1122 3.3.2, RFC 8200 4.5)."""

import pytest

from conformance.network.fragments.pieces import piece, receiver_of
from conformance.tcp.retransmission.silence import apart
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_ip

TIMES = {"ip4": "net.ipv4.ipfrag_time", "ip6": "net.ipv6.ip6frag_time"}
EXPIRED = {"ip4": "ICMP type 11 code 1", "ip6": "ICMPv6 type 3 code 1"}


UNLIMITED = {"ip4": ("net.ipv4.icmp_ratemask", 0), "ip6": ("net.ipv6.icmp.ratemask", 0)}


@pytest.fixture(autouse=True)
def messages_not_limited(remote, sysctl):
    """The limit of messages is the machine's, and others use it too."""
    sysctl(*UNLIMITED[remote.family.name])


@pytest.mark.beside
@pytest.mark.claim("fragments.incomplete.given-up")
@over_ip
def test_incomplete_datagram_is_given_up_and_told(remote, sysctl):
    sysctl(TIMES[remote.family.name], 1)
    receiver_of(remote)
    whole = remote.craft("UDP (64)")

    remote.put(piece(remote, whole, 0, 32))  # decisive

    told = remote.wire.expect(f"* > remote {EXPIRED[remote.family.name]}", within=GENEROUS + 1)
    first = next(packet for packet in remote.wire.packets() if packet.source == "remote")
    assert apart(first, told) >= 1 - JIFFY


@pytest.mark.beside
@pytest.mark.claim("fragments.incomplete.without-the-first-untold")
@over_ip
def test_nothing_is_told_where_the_first_fragment_never_came(remote, sysctl):
    sysctl(TIMES[remote.family.name], 1)
    receiver_of(remote)
    whole = remote.craft("UDP (64)")
    later = piece(remote, whole, 32, 72)

    remote.put(later)  # decisive
    remote.put(piece(remote, whole, 0, 32, number=99))

    remote.came(later)
    told = remote.wire.expect(f"* > remote {EXPIRED[remote.family.name]}", within=GENEROUS + 1)
    assert len(remote.wire.seen(f"* > remote {EXPIRED[remote.family.name]}")) == 1
    assert told.frame.count((99).to_bytes(2, "big")) >= 1
