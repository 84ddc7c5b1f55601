"""Urgent data of TCP: one byte beside the stream, and a mark in it."""

from errno import EAGAIN, EINVAL
from fcntl import F_SETOWN, fcntl
from os import getpid
from select import POLLIN, POLLPRI, select
from signal import SIG_BLOCK, SIGURG, pthread_sigmask, sigtimedwait
from socket import MSG_DONTWAIT, MSG_OOB, MSG_PEEK, SO_OOBINLINE, SOL_SOCKET

import pytest

from conformance.stream.receiving.queued import arrived, at_mark
from conformance.stream.receiving.segments import urgent_pointers
from conformance.stream.sending.buffers import received
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import GENEROUS, readiness, ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip
from fixtures.stage.processor import also_across_processors

pytestmark = pytest.mark.usefixtures("urgent_setting")


@pytest.mark.claim("tcp.urgent.byte-beside-the-stream")
@over_ip
def test_last_byte_of_urgent_data_is_received_with_oob_only(stream_pair):
    client, server = stream_pair

    client.send(b"abU", MSG_OOB)  # decisive
    client.send(b"cd")

    ready(server, POLLPRI)
    assert server.recv(100, MSG_OOB) == b"U"
    assert received(server, 4) == b"abcd"
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("tcp.urgent.once")
@over_ip
def test_urgent_byte_is_received_once(stream_pair):
    client, server = stream_pair
    client.send(b"U", MSG_OOB)
    ready(server, POLLPRI)

    assert server.recv(1, MSG_OOB) == b"U"  # decisive

    with fails(EINVAL):
        server.recv(1, MSG_OOB)
    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("tcp.urgent.absent-fails")
@over_ip
def test_oob_without_urgent_data_fails_and_takes_nothing(stream_pair):
    client, server = stream_pair
    client.send(b"plain")
    arrived(server, 5)

    with fails(EINVAL):
        server.recv(1, MSG_OOB)  # decisive

    assert server.recv(100) == b"plain"


@pytest.mark.claim("tcp.urgent.peeked-at")
@over_ip
def test_urgent_byte_can_be_peeked_at(stream_pair):
    client, server = stream_pair
    client.send(b"U", MSG_OOB)
    ready(server, POLLPRI)
    seen = []

    seen.append(server.recv(1, MSG_OOB | MSG_PEEK))  # decisive

    assert seen == [b"U"]
    assert server.recv(1, MSG_OOB) == b"U"
    with fails(EINVAL):
        server.recv(1, MSG_OOB | MSG_PEEK)


@pytest.mark.claim("tcp.urgent.marked-by-recvmsg")
@over_ip
def test_recvmsg_marks_urgent_data(stream_pair):
    client, server = stream_pair
    client.send(b"abU", MSG_OOB)
    ready(server, POLLPRI)
    seen = []

    seen.append(server.recvmsg(10, 0, MSG_OOB))  # decisive
    seen.append(server.recvmsg(10))

    assert [(data, flags & MSG_OOB) for data, _, flags, _ in seen] == [(b"U", MSG_OOB), (b"ab", 0)]


@pytest.mark.claim("tcp.urgent.inline")
@over_ip
def test_oobinline_leaves_the_urgent_byte_in_the_stream(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)  # decisive

    client.send(b"abU", MSG_OOB)
    client.send(b"cd")

    ready(server, POLLPRI)
    with fails(EINVAL):
        server.recv(1, MSG_OOB)
    assert received(server, 5) == b"abUcd"


@pytest.mark.claim("tcp.urgent.inline-off-again")
@over_ip
def test_urgent_byte_is_beside_the_stream_once_oobinline_is_off(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 0)  # decisive

    client.send(b"abU", MSG_OOB)

    ready(server, POLLPRI)
    assert server.recv(1, MSG_OOB) == b"U"
    assert received(server, 2) == b"ab"


@pytest.mark.claim("tcp.urgent.receive-stops-at-mark")
@over_ip
@also_across_processors
def test_receive_stops_before_the_urgent_byte(stream_pair):
    client, server = stream_pair
    client.send(b"abU", MSG_OOB)  # decisive
    client.send(b"cd")
    ready(server, POLLPRI)
    marks, pieces = [at_mark(server)], []

    pieces.append(server.recv(100))
    marks.append(at_mark(server))
    pieces.append(received(server, 2))
    marks.append(at_mark(server))

    assert pieces == [b"ab", b"cd"]
    assert marks == [False, True, False]


@pytest.mark.claim("tcp.urgent.mark-is-of-the-inline-byte")
@over_ip
def test_at_the_mark_the_next_byte_is_the_urgent_one(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)
    client.send(b"abU", MSG_OOB)  # decisive
    client.send(b"cd")
    ready(server, POLLPRI)

    assert server.recv(100) == b"ab"
    assert at_mark(server)
    assert server.recv(1) == b"U"
    assert not at_mark(server)
    assert received(server, 2) == b"cd"


@pytest.mark.claim("tcp.urgent.older-joins-the-stream")
@over_ip
@also_across_processors
def test_older_urgent_byte_becomes_normal_data(stream_pair):
    client, server = stream_pair
    client.send(b"xA", MSG_OOB)
    ready(server, POLLPRI)

    client.send(b"yB", MSG_OOB)  # decisive
    client.send(b"end")

    arrived(server, 3)
    assert server.recv(1, MSG_OOB) == b"B"
    assert received(server, 6) == b"xAyend"


@pytest.mark.claim("tcp.urgent.pollpri")
@over_ip
def test_urgent_data_is_told_as_pollpri(stream_pair):
    client, server = stream_pair
    client.send(b"ab")
    arrived(server, 2)
    assert readiness(server, POLLIN | POLLPRI) == POLLIN

    client.send(b"U", MSG_OOB)  # decisive

    assert ready(server, POLLPRI) & POLLPRI
    assert select([], [], [server], 0)[2] == [server]
    assert server.recv(1, MSG_OOB) == b"U"
    assert readiness(server, POLLPRI) == 0


@pytest.mark.claim("tcp.urgent.alone-is-not-readable")
@over_ip
def test_lone_urgent_byte_is_nothing_to_read(stream_pair):
    client, server = stream_pair

    client.send(b"U", MSG_OOB)
    ready(server, POLLPRI)

    assert readiness(server, POLLIN | POLLPRI) == POLLPRI
    assert select([server], [], [], 0)[0] == []
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)  # decisive
    assert readiness(server, POLLIN | POLLPRI) == POLLIN | POLLPRI


@pytest.mark.claim("tcp.urgent.sigurg")
@over_ip
def test_urgent_data_signals_the_owner(stream_pair):
    client, server = stream_pair

    def owner():
        pthread_sigmask(SIG_BLOCK, {SIGURG})
        fcntl(server, F_SETOWN, getpid())  # decisive
        client.send(b"U", MSG_OOB)
        told = sigtimedwait({SIGURG}, GENEROUS / 2)
        return told and told.si_signo

    assert in_child(owner).value == SIGURG
    assert server.recv(1, MSG_OOB) == b"U"


@pytest.mark.claim("tcp.urgent.flag-and-pointer")
@over_ip
def test_urgent_data_has_flag_and_pointer(stream_pair, wire):
    client, server = stream_pair

    client.send(b"plain")
    arrived(server, 5)
    client.send(b"abU", MSG_OOB)  # decisive

    wire.expect("client > server 1:6(5)")
    wire.expect("client > server URG 6:9(3)")
    assert received(server, 7) == b"plainab"
    assert urgent_pointers(wire) == {3}
