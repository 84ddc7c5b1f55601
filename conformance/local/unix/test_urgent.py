"""Urgent data of a UNIX stream: one byte beside it, where it stood, and what it is told by."""

from contextlib import suppress
from errno import EAGAIN, EINVAL, EOPNOTSUPP
from fcntl import F_SETOWN, fcntl
from os import getpid
from select import POLLIN, POLLPRI
from signal import SIG_BLOCK, SIGURG, pthread_sigmask, sigtimedwait
from socket import MSG_DONTWAIT, MSG_OOB, MSG_PEEK, SO_OOBINLINE, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.pairs import pair
from conformance.stream.receiving.queued import at_mark
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import GENEROUS, readiness
from fixtures.stage.children import in_child

pytestmark = pytest.mark.needs("kernel>=5.15")


@pytest.mark.claim("unix.urgent.read-stops-at-the-mark")
def test_read_stops_before_the_urgent_byte(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"abU", MSG_OOB)  # decisive
    client.send(b"cd")
    marks, pieces = [at_mark(server)], []

    pieces.append(server.recv(100))
    marks.append(at_mark(server))
    pieces.append(server.recv(100))
    marks.append(at_mark(server))

    assert pieces == [b"ab", b"cd"]
    assert marks == [False, True, False]


@pytest.mark.claim("unix.urgent.inline")
def test_urgent_byte_stays_in_the_stream_with_oobinline(peers):
    client, server = pair(peers, SOCK_STREAM)
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1)  # decisive
    client.send(b"abU", MSG_OOB)
    client.send(b"cd")

    with fails(EINVAL):
        server.recv(1, MSG_OOB)
    assert server.recv(100) == b"ab"
    assert at_mark(server)
    assert server.recv(100) == b"Ucd"


@pytest.mark.claim("unix.urgent.once")
def test_urgent_byte_is_received_once(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"U", MSG_OOB)

    assert server.recv(1, MSG_OOB) == b"U"  # decisive

    with fails(EINVAL):
        server.recv(1, MSG_OOB)
    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("unix.urgent.absent-fails")
def test_oob_without_urgent_data_fails_and_takes_nothing(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"plain")

    with fails(EINVAL):
        server.recv(1, MSG_OOB)  # decisive

    assert server.recv(100) == b"plain"


@pytest.mark.claim("unix.urgent.peeked-at")
def test_urgent_byte_that_was_peeked_at_stays(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"U", MSG_OOB)
    seen = []

    seen.append(server.recv(1, MSG_OOB | MSG_PEEK))  # decisive

    assert seen == [b"U"]
    assert server.recv(1, MSG_OOB) == b"U"


@pytest.mark.claim("unix.urgent.older-joins-the-stream")
def test_older_urgent_byte_becomes_normal_data(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"aU", MSG_OOB)
    client.send(b"bV", MSG_OOB)  # decisive

    assert server.recv(1, MSG_OOB) == b"V"
    assert server.recv(2) + server.recv(1) == b"aUb"


@pytest.mark.claim("unix.urgent.pollpri")
def test_pollpri_is_told_until_the_urgent_byte_is_read(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"plain")
    before = readiness(server, POLLIN | POLLPRI)

    client.send(b"U", MSG_OOB)  # decisive

    assert (before, readiness(server, POLLIN | POLLPRI)) == (POLLIN, POLLIN | POLLPRI)
    server.recv(1, MSG_OOB)
    assert readiness(server, POLLIN | POLLPRI) == POLLIN


@pytest.mark.claim("unix.urgent.sigurg")
def test_urgent_data_signals_the_owner(peers):
    client, server = pair(peers, SOCK_STREAM)

    def owner():
        pthread_sigmask(SIG_BLOCK, {SIGURG})
        fcntl(server, F_SETOWN, getpid())
        client.send(b"U", MSG_OOB)  # decisive
        told = sigtimedwait({SIGURG}, GENEROUS / 2)
        return told and told.si_signo

    assert in_child(owner).value == SIGURG


@pytest.mark.claim("unix.urgent.passed-over-by-a-peek")
def test_peek_shows_what_is_behind_the_urgent_byte(peers):
    client, server = pair(peers, SOCK_STREAM)
    client.send(b"U", MSG_OOB)  # decisive
    client.send(b"cd")

    assert server.recv(100, MSG_PEEK) == b"cd"
    assert server.recv(1, MSG_OOB) == b"U"


@pytest.mark.claim("unix.urgent.no-room-eagain")
def test_urgent_byte_without_room_is_not_sent(peers):
    client, _ = pair(peers, SOCK_STREAM)
    with suppress(BlockingIOError):
        while True:
            client.send(bytes(1000), MSG_DONTWAIT)  # decisive

    with fails(EAGAIN):
        client.send(b"U", MSG_OOB | MSG_DONTWAIT)


@pytest.mark.claim("unix.urgent.of-nothing")
def test_no_byte_cannot_be_urgent(peers):
    client, _ = pair(peers, SOCK_STREAM)

    with fails(EOPNOTSUPP):
        client.send(b"", MSG_OOB)  # decisive
