"""Packet sockets: which frames they are given, what stands in them, and what is told of them (packet(7))."""

import time
from errno import EAGAIN, EINVAL, EOPNOTSUPP
from select import POLLIN
from socket import (
    AF_PACKET,
    MSG_DONTWAIT,
    MSG_OOB,
    MSG_TRUNC,
    MSG_WAITALL,
    SO_RCVBUF,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_SOCKET,
)

import pytest

from conformance.network.packets.frames import (
    ARPHRD_LOOPBACK,
    HEADER,
    PACKET_HOST,
    UNSPOKEN,
    frame,
    frames_left,
    received,
    receiver,
    sender,
    stamp_of,
    statistics,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.wire.stamping import SO_TIMESTAMPNS

pytestmark = pytest.mark.needs("namespace", "CAP_NET_RAW", "frames")
MANY = 20


@pytest.mark.claim("packet.receive.every-frame-unchanged")
@pytest.mark.needs("buffers:100000")
def test_every_frame_comes_once_and_unchanged(peers):
    end, other = receiver(peers), sender(peers)

    for number in range(MANY):
        other.send(frame(number))

    assert [received(end) for _ in range(MANY)] == [frame(number) for number in range(MANY)]  # decisive
    with fails(EAGAIN):
        end.recv(2000, MSG_DONTWAIT)


@pytest.mark.claim("packet.receive.cooked-without-header")
def test_cooked_packet_has_no_header_of_the_link(peers):
    end, other = receiver(peers, SOCK_DGRAM), sender(peers)

    other.send(frame(1))  # decisive

    assert received(end) == frame(1)[len(HEADER) :]


@pytest.mark.claim("packet.receive.truncation-tells-the-length")
def test_length_on_the_wire_is_told_though_the_buffer_is_short(peers):
    end, other = receiver(peers), sender(peers)
    other.send(frame(1, 500))
    ready(end, POLLIN)

    data, _, flags, _ = end.recvmsg(20, 0, MSG_TRUNC | MSG_DONTWAIT)
    assert flags & MSG_TRUNC
    assert data == frame(1)[:20]
    other.send(frame(2, 500))  # decisive
    ready(end, POLLIN)

    assert end.recv_into(bytearray(20), 20, MSG_TRUNC) == len(HEADER) + 500


@pytest.mark.claim("packet.receive.address-tells-of-the-frame")
def test_address_says_protocol_interface_kind_and_sender(peers):
    end, other = receiver(peers), sender(peers)

    other.send(frame(1))  # decisive

    ready(end, POLLIN)
    _, address = end.recvfrom(2000)
    assert address == ("lo", UNSPOKEN, PACKET_HOST, ARPHRD_LOOPBACK, bytes(6))


@pytest.mark.claim("packet.receive.of-one-interface")
def test_frames_of_another_interface_do_not_come(peers, link):
    end, near, other = receiver(peers), receiver(peers, interface=link.near_interface), sender(peers)
    with link.far.entered():
        far = sender(peers, link.far_interface)

    far.send(frame(1))
    assert received(near) == frame(1)
    other.send(frame(2))  # decisive

    assert received(end) == frame(2)


@pytest.mark.claim("packet.create.zero-protocol-receives-nothing")
def test_nothing_comes_before_a_protocol_is_bound(peers):
    end, other = peers.socket("receiver", AF_PACKET, SOCK_RAW), sender(peers)
    other.send(frame(1))

    end.bind(("lo", UNSPOKEN))  # decisive
    other.send(frame(2))

    assert received(end) == frame(2)


@pytest.mark.claim("packet.statistics.count-and-begin-anew")
def test_statistics_count_what_came_and_what_was_lost(peers):
    end, other = receiver(peers), sender(peers)
    end.setsockopt(SOL_SOCKET, SO_RCVBUF, 0)  # as little room as the kernel allows

    for number in range(MANY):
        other.send(frame(number, 900))

    kept = frames_left(end)
    assert kept < MANY
    assert statistics(end) == (MANY, MANY - kept)  # decisive
    assert statistics(end) == (0, 0)


@pytest.mark.claim("packet.connect.not-supported")
def test_connect_is_not_supported(peers):
    end = receiver(peers)

    with fails(EOPNOTSUPP):
        end.connect(("lo", UNSPOKEN))  # decisive


@pytest.mark.claim("packet.timestampns.arrival")
def test_frame_brings_the_time_of_its_arrival(peers):
    end, other = receiver(peers), sender(peers)
    end.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)

    before = time.time_ns()
    other.send(frame(1))  # decisive

    assert before <= stamp_of(end) <= time.time_ns()


@pytest.mark.claim("packet.receive.unknown-flags-refused")
@pytest.mark.parametrize("flag", [MSG_OOB, MSG_WAITALL, 0x800000], ids=["MSG_OOB", "MSG_WAITALL", "0x800000"])
def test_flag_that_a_packet_socket_does_not_know_is_refused(peers, flag):
    end, other = receiver(peers), sender(peers)
    other.send(frame(1))
    ready(end, POLLIN)

    with fails(EINVAL):
        end.recv(2000, flag | MSG_DONTWAIT)  # decisive

    assert received(end) == frame(1)
