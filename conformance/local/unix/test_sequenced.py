"""Sequenced packets: connections like those of streams, records like datagrams."""

from errno import EAGAIN, EISCONN, ENOTCONN, EPIPE
from select import POLLHUP, POLLIN, POLLOUT
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_SEQPACKET

import pytest

from conformance.local.unix.names import new, serving
from conformance.local.unix.pairs import pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness

POLLRDHUP = 0x2000
SIDES = POLLIN | POLLOUT | POLLRDHUP | POLLHUP


@pytest.mark.claim("unix.seqpacket.address-ignored")
def test_address_beside_a_connection_is_ignored(peers):
    client, server = pair(peers, SOCK_SEQPACKET)
    stranger = serving(peers, "", SOCK_SEQPACKET)
    outcomes = []

    try:
        outcomes.append(client.sendto(b"one", stranger.getsockname()))  # decisive
    except OSError as error:
        outcomes.append(error.errno)

    assert outcomes in ([3], [EISCONN])
    client.send(b"two")
    assert server.recv(100) == (b"one" if outcomes == [3] else b"two")


@pytest.mark.claim("unix.seqpacket.without-a-peer-fails")
def test_record_without_a_connection_fails(peers):
    listener, end = serving(peers, "", SOCK_SEQPACKET), new(peers, SOCK_SEQPACKET)

    for call in (lambda: end.send(b"one"), lambda: end.sendto(b"one", listener.getsockname()), lambda: end.recv(100)):
        with fails(ENOTCONN):
            call()  # decisive


@pytest.mark.claim("unix.seqpacket.accept-may-not-wait")
def test_non_blocking_listener_without_a_client_fails(peers):
    listener = serving(peers, "", SOCK_SEQPACKET)
    listener.setblocking(False)  # decisive

    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("unix.seqpacket.empty-fails")
def test_receive_that_may_not_wait_fails_without_a_record(peers):
    client, server = pair(peers, SOCK_SEQPACKET)

    with fails(EAGAIN):
        server.recv(100, MSG_DONTWAIT)  # decisive

    client.send(b"one")
    assert server.recv(100, MSG_DONTWAIT) == b"one"


@pytest.mark.claim("unix.seqpacket.shut-rd-stops-the-peer")
def test_peer_sends_no_more_once_reading_is_shut_down(peers):
    client, server = pair(peers, SOCK_SEQPACKET)

    server.shutdown(SHUT_RD)  # decisive

    with fails(EPIPE):
        client.send(b"one", MSG_NOSIGNAL)
    server.send(b"back")
    assert client.recv(100) == b"back"


@pytest.mark.claim("unix.seqpacket.half-close-readiness")
def test_end_is_told_by_poll_in_two_steps(peers):
    client, server = pair(peers, SOCK_SEQPACKET)
    seen = [readiness(server, SIDES)]

    client.shutdown(SHUT_WR)
    seen.append(readiness(server, SIDES))
    client.shutdown(SHUT_RDWR)  # decisive
    seen.append(readiness(server, SIDES))

    half = POLLIN | POLLOUT | POLLRDHUP
    assert seen == [POLLOUT, half, half | POLLHUP]
