"""Marks of congestion on the fragments of a datagram (RFC 3168 5.3)."""

import socket
from socket import IPPROTO_IP, IPPROTO_IPV6

import pytest

from conformance.network.fragments.pieces import piece, receiver_of
from fixtures.stage.families import ip4, ip6, over_ip

NOT_ECT, ECT1, ECT0, CE = range(4)
DATA = bytes(range(250)) * 8
CUTS = [(0, 800), (800, 1600), (1600, 2008)]
TOLD = {ip4: (IPPROTO_IP, socket.IP_RECVTOS), ip6: (IPPROTO_IPV6, socket.IPV6_RECVTCLASS)}
CLASS = {ip4: "tos", ip6: "tc"}


def send(remote, datagram, points):
    """Sends the datagram in fragments with these code points."""
    for place, point in zip(CUTS, points, strict=True):
        fragment = piece(remote, datagram, *place)
        setattr(fragment, CLASS[remote.family], point)
        remote.put(fragment)


def received(receiver):
    """The next datagram, and the code point that is told with it."""
    data, messages, _, _ = receiver.recvmsg(4096, 100)
    return data, messages[0][2][0] & 3


@pytest.fixture
def receiver(remote):
    """A datagram socket that is told the class of what it receives."""
    opened = receiver_of(remote)
    opened.setsockopt(*TOLD[remote.family], 1)
    return opened


@pytest.mark.claim("fragments.ecn.same-stays")
@pytest.mark.parametrize("point", [NOT_ECT, ECT1, ECT0, CE])
@over_ip
def test_code_point_of_all_fragments_is_that_of_the_whole(remote, receiver, point):
    send(remote, remote.craft("UDP", payload=DATA), [point] * 3)  # decisive

    assert received(receiver) == (DATA, point)


@pytest.mark.claim("fragments.ecn.mark-kept")
@pytest.mark.parametrize("place", range(3))
@over_ip
def test_mark_on_one_fragment_is_that_of_the_whole(remote, receiver, place):
    points = [CE if number == place else ECT0 for number in range(3)]

    send(remote, remote.craft("UDP", payload=DATA), points)  # decisive

    assert received(receiver) == (DATA, CE)


@pytest.mark.claim("fragments.ecn.mark-beside-incapable-drops")
@over_ip
def test_mark_beside_a_fragment_that_is_not_capable_drops_all(remote, receiver):
    datagram = remote.craft("UDP", payload=DATA)

    send(remote, datagram, [ECT0, CE, NOT_ECT])  # decisive

    remote.send("UDP", payload=b"whole")
    assert receiver.recv(4096) == b"whole"
    send(remote, datagram, [NOT_ECT] * 3)
    assert receiver.recv(4096) == DATA
