"""What comes along with a datagram: where it arrived, when, and how many were lost before it."""

import struct
import time
from select import POLLIN
from socket import SO_BROADCAST, SO_RCVBUF, SOL_SOCKET, inet_ntoa

import pytest

from conformance.datagram.udp.datagrams import (
    SO_RXQ_OVFL,
    SO_TIMESTAMPNS,
    all_came_through,
    arrival,
    asks_for_arrival,
    counts,
    ends,
)
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip, over_ip4

MANY = 200
ELSEWHERE = {"ip4": "127.0.0.5", "ip6": "::1"}
"""Addresses of loopback: of IPv4 another one than the first, which is all that a host may think of."""


@pytest.mark.claim("udp.pktinfo.tells-the-destination")
@over_ip
def test_packet_information_has_the_address_of_arrival(peers, family):
    receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
    asks_for_arrival(receiver, family)  # decisive
    sender, _ = ends(peers, family)
    sender.sendto(b"x", family.address(receiver.getsockname()[1], ELSEWHERE[family.name]))

    _, ancillary, _, _ = receiver.recvmsg(100, 200)

    assert arrival(family, ancillary) == [(ELSEWHERE[family.name], "lo")]


@pytest.mark.claim("udp.recvmsg.names-the-sender")
@over_ip
def test_message_has_the_address_of_its_sender(peers, family):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))

    sender.sendto(b"x", receiver.getsockname())  # decisive

    assert receiver.recvmsg(100)[3] == sender.getsockname()


@pytest.mark.claim("udp.pktinfo.only-when-asked")
@over_ip
def test_without_the_option_nothing_comes_along(peers, family):
    sender, receiver = ends(peers, family)
    sender.sendto(b"x", receiver.getsockname())  # decisive

    assert receiver.recvmsg(100, 200)[1] == []


@pytest.mark.claim("udp.rxq-ovfl.counts-the-lost")
@over_ip
def test_number_of_lost_datagrams_comes_with_one_that_was_queued_later(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
    receiver.setsockopt(SOL_SOCKET, SO_RXQ_OVFL, 1)  # decisive
    for _ in range(MANY):
        sender.sendto(bytes(500), receiver.getsockname())
    all_came_through(peers, family)
    queued = drained(receiver)

    sender.sendto(b"later", receiver.getsockname())
    _, ancillary, _, _ = receiver.recvmsg(1000, 200)

    assert counts([each for found in queued for each in found]) == []
    assert counts(ancillary) == [MANY - len(queued)]


def drained(receiver):
    """The control messages of everything that waits."""
    found = []
    while readiness(receiver, POLLIN):
        found.append(receiver.recvmsg(1000, 200)[1])
    return found


@pytest.mark.claim("udp.timestampns.arrival")
@over_ip
def test_time_of_arrival_lies_between_sending_and_receiving(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)  # decisive
    began = time.time_ns()
    sender.sendto(b"x", receiver.getsockname())
    ready(receiver, POLLIN)

    _, ancillary, _, _ = receiver.recvmsg(100, 200)

    assert [each[:2] for each in ancillary] == [(SOL_SOCKET, SO_TIMESTAMPNS)]
    seconds, nanoseconds = struct.unpack("ll", ancillary[0][2])
    assert 0 <= nanoseconds < 1_000_000_000
    assert began <= seconds * 1_000_000_000 + nanoseconds <= time.time_ns()


@pytest.mark.claim("udp.pktinfo.tells-the-local-address")
@over_ip4
def test_packet_information_of_a_broadcast_has_both_addresses(peers, family):
    receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
    asks_for_arrival(receiver, family)
    sender, _ = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    sender.sendto(b"x", ("127.255.255.255", receiver.getsockname()[1]))  # decisive

    ready(receiver, POLLIN)
    _, ((_, _, told),), _, _ = receiver.recvmsg(100, 200)
    assert (inet_ntoa(told[4:8]), inet_ntoa(told[8:12])) == ("127.0.0.1", "127.255.255.255")
