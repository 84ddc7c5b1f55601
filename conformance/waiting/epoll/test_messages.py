"""The modes of epoll on sockets that keep the bounds of messages."""

from select import EPOLLRDHUP, POLLHUP, POLLIN
from socket import AF_INET, AF_INET6, AF_UNIX, SHUT_WR

import pytest

from conformance.lifecycle.states.messages import over_messages, pair
from conformance.waiting.epoll.watching import EDGE, IN, ONCE, now, told, watching
from conformance.waiting.readiness.calls import epoll_wait, poll, selected
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import over_streams, over_unix

READABLE, NONE = "POLLIN", "none"
PLENTY = {AF_UNIX: 1, AF_INET: 10, AF_INET6: 10}
"""Seconds for what lies in the queue of a UNIX socket when send() returns, and is on its way over IP."""


@pytest.mark.claim("messages.epoll.level-tells-until-read")
@over_messages
def test_level_tells_of_a_message_until_it_is_read(peers, kind):
    peer, end = pair(peers, kind)

    with watching(end, IN) as instance:
        peer.send(b"first")  # decisive
        seen = [told(instance), now(instance)]
        end.recv(9)
        assert [*seen, now(instance)] == [READABLE, READABLE, NONE]


@pytest.mark.claim("messages.epoll.edge-tells-of-each")
@over_messages
def test_edge_tells_of_each_message_once(peers, kind):
    peer, end = pair(peers, kind)

    with watching(end, IN | EDGE) as instance:
        peer.send(b"first")
        seen = [told(instance), now(instance)]
        peer.send(b"second")  # decisive
        assert [*seen, told(instance), now(instance)] == [READABLE, NONE, READABLE, NONE]


@pytest.mark.claim("messages.epoll.one-shot")
@over_messages
def test_one_shot_tells_of_one_message_until_it_is_modified(peers, kind):
    peer, end = pair(peers, kind)

    with watching(end, IN | ONCE) as instance:
        peer.send(b"first")
        seen = [told(instance)]
        peer.send(b"second")
        seen.append(now(instance))
        instance.modify(end.fileno(), IN | ONCE)  # decisive
        assert [*seen, told(instance)] == [READABLE, NONE, READABLE]


@pytest.mark.claim("messages.epoll.removed-tells-nothing")
@over_messages
def test_removed_socket_of_messages_is_told_of_no_more(peers, kind):
    peer, end = pair(peers, kind)
    peer.send(b"data")

    with watching(end, IN) as instance:
        told(instance)
        instance.unregister(end.fileno())  # decisive
        assert now(instance) == NONE


@pytest.mark.claim("messages.waiting.empty-is-one")
@pytest.mark.parametrize("waits", [poll, selected, epoll_wait], ids=["poll", "select", "epoll"])
@over_messages
def test_message_without_a_byte_is_waited_for_like_any_other(peers, kind, waits):
    peer, end = pair(peers, kind)

    peer.send(b"")  # decisive

    assert waits(end, PLENTY[end.family]) == 1
    assert end.recv(9) == b""
    assert waits(end, 0) == 0


@pytest.mark.claim("epoll.finished.told-before-the-rest-is-read")
@over_streams
def test_end_of_a_stream_is_told_while_there_are_bytes(stream_pair):
    client, server = stream_pair
    client.send(b"unread")
    client.shutdown(SHUT_WR)  # decisive

    with watching(server, EPOLLRDHUP) as instance:
        assert told(instance) == "POLLRDHUP"


@pytest.mark.claim("unix.waiting.hangup-beside-unread")
@over_unix
def test_peer_that_has_gone_is_told_while_there_are_bytes(stream_pair):
    client, server = stream_pair
    client.send(b"unread")

    client.close()  # decisive

    assert readiness(server, POLLIN | POLLHUP) == POLLIN | POLLHUP
    with watching(server, IN) as instance:
        assert told(instance) == "POLLIN|POLLHUP"
    assert server.recv(9) == b"unread"
