"""Calls that are made once more: a time-out that still holds, and a refusal that was told already."""

from errno import EAGAIN, ECONNREFUSED
from socket import SO_ERROR, SO_RCVTIMEO, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.datagram.udp.datagrams import recvmmsg, room
from conformance.lifecycle.states.messages import over_messages, pair
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_streams

SECONDS = 0.05


@pytest.mark.claim("stream.timeout.holds-for-every-call")
@over_streams
def test_timeout_holds_for_the_second_call_as_for_the_first(stream_pair):
    server = stream_pair.server
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(SECONDS))
    with fails(EAGAIN):
        server.recv(1)

    with lasts(at_least=SECONDS), fails(EAGAIN):
        server.recv(1)  # decisive


@pytest.mark.claim("tcp.connect.told-refusal-is-not-pending")
@over_ip
def test_refusal_that_connect_has_told_is_not_pending(peers, family):
    gone, client = peers.listener(family, lane="gone"), peers.socket("client", family.domain, SOCK_STREAM)
    address = gone.getsockname()
    gone.close()

    with fails(ECONNREFUSED):
        client.connect(address)  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("messages.many.waits-for-all")
@over_messages
def test_call_for_several_messages_waits_until_they_are_there(peers, kind):
    peer, end = pair(peers, kind)
    peer.send(b"first")

    def receive():
        arriving = room(2)
        return recvmmsg(end, arriving), arriving.lengths  # decisive

    with child(receive) as receiver:
        receiver.is_blocked_in("recvmmsg")
        peer.send(b"second one")
        assert receiver.ends().value == (2, [5, 10])
