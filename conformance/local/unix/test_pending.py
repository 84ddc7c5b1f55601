"""Errors that wait to be told: by poll(), by SO_ERROR, by the next call, and once."""

from errno import ECONNRESET
from select import POLLERR, POLLIN
from socket import SO_ERROR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.local.unix.names import connected_kinds, new, serving
from conformance.local.unix.pairs import pair
from fixtures.evidence.waiting import readiness


@pytest.mark.claim("unix.pending.told-by-poll")
@connected_kinds
def test_reset_is_told_by_poll_until_it_is_asked_for(peers, kind):
    client, server = pair(peers, kind)
    client.send(b"unread")
    before = readiness(client, POLLIN)

    server.close()  # decisive

    assert (before, readiness(client, POLLIN) & POLLERR) == (0, POLLERR)
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNRESET
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert readiness(client, POLLIN) & POLLERR == 0
    assert client.recv(100) == b""


@pytest.mark.claim("unix.pending.of-a-peer-that-left")
def test_datagram_socket_that_was_left_is_told_by_poll(peers):
    first, second = serving(peers, "", SOCK_DGRAM, lane="first"), serving(peers, "", SOCK_DGRAM, lane="second")
    other = serving(peers, "", SOCK_DGRAM, lane="other")
    first.connect(second.getsockname())
    second.connect(first.getsockname())
    second.send(b"unread")

    first.connect(other.getsockname())  # decisive

    assert readiness(second, POLLIN) & POLLERR
    assert second.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNRESET
    assert readiness(second, POLLIN) & POLLERR == 0


@pytest.mark.claim("unix.pending.none-of-a-new-socket")
@connected_kinds
def test_new_socket_has_no_error(peers, kind):
    end, told = new(peers, kind), None

    told = end.getsockopt(SOL_SOCKET, SO_ERROR)  # decisive

    assert told == 0
    assert readiness(end, POLLIN) & POLLERR == 0
