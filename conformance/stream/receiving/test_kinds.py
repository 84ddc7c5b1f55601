"""Messages of each kind by the calls that take several buffers, or several messages."""

from socket import SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.datagram.udp.datagrams import batch, recvmmsg, room, sendmmsg
from conformance.lifecycle.states.messages import KINDS, over_messages, pair
from conformance.waiting.epoll.watching import IN
from fixtures.evidence.waiting import ready

PIECES = [b"one", b"", b"three"]


@pytest.mark.claim("messages.receive.fills-in-order")
@over_messages
def test_one_message_fills_several_buffers_in_order(peers, kind):
    (peer, end), count = pair(peers, kind), 0
    buffers = [bytearray(2), bytearray(0), bytearray(3), bytearray(4)]
    peer.send(b"abcdefg")

    count = end.recvmsg_into(buffers)[0]  # decisive

    assert (count, [bytes(each) for each in buffers]) == (7, [b"ab", b"", b"cde", b"fg\0\0"])


@pytest.mark.claim("messages.send.joined-in-order")
@over_messages
def test_several_buffers_become_one_message(peers, kind):
    (peer, end), count = pair(peers, kind), 0

    count = peer.sendmsg([b"ab", b"", b"cde", b"fg"])  # decisive

    assert (count, end.recv(9)) == (7, b"abcdefg")


@pytest.mark.claim("messages.send.no-buffers-is-empty")
@over_messages
def test_message_of_no_buffers_is_an_empty_one(peers, kind):
    peer, end = pair(peers, kind)

    assert peer.sendmsg([]) == 0  # decisive

    ready(end, IN)
    peer.send(b"next")
    assert [end.recv(9), end.recv(9)] == [b"", b"next"]


@pytest.mark.claim("messages.many.each-by-itself")
@over_messages
def test_several_messages_leave_and_arrive_in_one_call(peers, kind):
    peer, end = pair(peers, kind)
    leaving, arriving = batch(PIECES), room(len(PIECES) + 1)
    end.setblocking(False)

    assert sendmmsg(peer, leaving) == len(PIECES)  # decisive
    assert recvmmsg(end, arriving) == len(PIECES)  # decisive

    assert leaving.lengths == [len(piece) for piece in PIECES]
    assert arriving.data(len(PIECES)) == PIECES


@pytest.mark.claim("messages.send.as-large-as-the-buffer")
@pytest.mark.needs("buffers:100000")
@pytest.mark.unwatched
@pytest.mark.parametrize("kind", [each for each in KINDS if each.table != "udp"], ids=str)
def test_large_message_arrives_whole(peers, kind):
    peer, end = pair(peers, kind)
    large = bytes(range(256)) * 600
    peer.setsockopt(SOL_SOCKET, SO_SNDBUF, 100_000)

    assert peer.send(large) == len(large)  # decisive

    assert end.recv(len(large) + 1) == large
