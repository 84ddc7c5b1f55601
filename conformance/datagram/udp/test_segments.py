"""UDP_SEGMENT and UDP_GRO: many datagrams of one size in one call."""

import struct
from errno import EINVAL, EMSGSIZE
from select import POLLIN
from socket import CMSG_SPACE, IPPROTO_UDP

import pytest

from conformance.datagram.udp.datagrams import ends
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

UDP_SEGMENT, UDP_GRO = 103, 104
"""Of linux/udp.h."""
pytestmark = pytest.mark.needs(f"option:IPPROTO_UDP.{UDP_SEGMENT}")
DATA = bytes(range(250))
PIECES = [DATA[:100], DATA[100:200], DATA[200:]]
SAFE, TOO_MANY = 64, 600
"""Segments that every kernel sends in one call, and more than any does."""
TOO_LONG = {EMSGSIZE: "send(2), ERRORS, EMSGSIZE"}


def sending(peers, family):
    """A sender that is connected to a receiver."""
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    return sender, receiver


@pytest.mark.claim("udp.segments.cut-by-option")
@over_ip
def test_option_cuts_what_is_sent(peers, family):
    sender, receiver = sending(peers, family)
    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)  # decisive

    sent = sender.send(DATA)

    assert sender.getsockopt(IPPROTO_UDP, UDP_SEGMENT) == 100
    assert sent == len(DATA)
    assert [receiver.recv(1000) for _ in PIECES] == PIECES


@pytest.mark.claim("udp.segments.cut-by-message")
@over_ip
def test_control_message_cuts_the_data_of_its_call(peers, family):
    sender, receiver = sending(peers, family)
    segment = [(IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", 100))]

    sender.sendmsg([DATA], segment)  # decisive
    sender.send(DATA)

    assert [receiver.recv(1000) for _ in range(4)] == [*PIECES, DATA]


@pytest.mark.claim("udp.segments.whole-again")
@over_ip
def test_datagram_is_whole_again_once_the_size_is_zero(peers, family):
    sender, receiver = sending(peers, family)
    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)

    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 0)  # decisive
    sender.send(DATA)

    assert receiver.recv(1000) == DATA


@pytest.mark.claim("udp.segments.too-many-refused")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_more_segments_than_one_send_may_be_are_refused(peers, family):
    sender, receiver = sending(peers, family)
    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)

    with fails(EINVAL, accepted=TOO_LONG):
        sender.send(bytes(TOO_MANY * 100))  # decisive

    sender.send(b"x" * SAFE * 100)
    assert [receiver.recv(1000) for _ in range(SAFE)] == [b"x" * 100] * SAFE


@pytest.mark.claim("udp.segments.size-in-range")
@pytest.mark.parametrize("size", [-1, 65536, 2**31 - 1])
@over_ip
def test_size_that_no_datagram_has_is_refused(peers, family, size):
    sender, _ = ends(peers, family)
    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)

    with fails(EINVAL):
        sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, size)  # decisive

    assert sender.getsockopt(IPPROTO_UDP, UDP_SEGMENT) == 100


@pytest.mark.claim("udp.segments.received-together")
@over_ip
def test_segments_of_one_call_are_received_together(peers, family):
    sender, receiver = sending(peers, family)
    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)
    receiver.setsockopt(IPPROTO_UDP, UDP_GRO, 1)  # decisive

    sender.send(DATA)

    ready(receiver, POLLIN)
    data, messages, *_ = receiver.recvmsg(1000, CMSG_SPACE(4))
    assert data == DATA
    assert [(level, kind, *struct.unpack("i", size)) for level, kind, size in messages] == [(IPPROTO_UDP, UDP_GRO, 100)]


@pytest.mark.claim("udp.segments.received-apart-again")
@over_ip
def test_segments_are_received_apart_once_the_option_is_off(peers, family):
    sender, receiver = sending(peers, family)
    sender.setsockopt(IPPROTO_UDP, UDP_SEGMENT, 100)
    receiver.setsockopt(IPPROTO_UDP, UDP_GRO, 1)

    receiver.setsockopt(IPPROTO_UDP, UDP_GRO, 0)  # decisive
    sender.send(DATA)

    received = [receiver.recvmsg(1000, CMSG_SPACE(4))[:2] for _ in PIECES]
    assert received == [(piece, []) for piece in PIECES]
