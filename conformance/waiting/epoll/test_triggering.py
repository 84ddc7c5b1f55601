"""When epoll tells of readiness: always while it lasts, at each change, or once."""

from errno import EINPROGRESS
from select import POLLIN
from socket import MSG_DONTWAIT, SHUT_WR, SO_ERROR, SO_LINGER, SOL_SOCKET

import pytest

from conformance.lifecycle.connect.calls import nonblocking
from conformance.lifecycle.linger.unsent import jammed
from conformance.stream.receiving.ends import datagram_pair
from conformance.waiting.epoll.watching import EDGE, HUP, IN, ONCE, OUT, RDHUP, filled, now, told, watching
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_streams


@pytest.mark.claim("stream.epoll.level-tells-again")
@over_streams
def test_level_triggered_event_comes_as_long_as_data_is_there(stream_pair):
    client, server = stream_pair
    client.send(b"data")

    with watching(server, IN) as instance:
        assert [told(instance), told(instance)] == ["POLLIN", "POLLIN"]
        server.recv(100)  # decisive
        assert now(instance) == "none"


@pytest.mark.claim("stream.epoll.edge-tells-once")
@over_streams
def test_edge_triggered_event_comes_once(stream_pair):
    client, server = stream_pair
    client.send(b"0123456789")

    with watching(server, IN) as instance:
        instance.modify(server.fileno(), IN | EDGE)  # decisive
        assert told(instance) == "POLLIN"
        assert server.recv(3) == b"012"
        assert now(instance) == "none"


@pytest.mark.claim("stream.epoll.edge-tells-of-new-data")
@over_streams
def test_new_data_is_told_although_the_old_was_not_read_up(stream_pair):
    client, server = stream_pair
    client.send(b"old")

    with watching(server, IN | EDGE) as instance:
        told(instance)
        client.send(b"new")  # decisive
        assert told(instance) == "POLLIN"
        assert server.recv(100, MSG_DONTWAIT) == b"oldnew"


@pytest.mark.claim("datagram.epoll.edge-tells-of-each")
@over_streams
def test_next_datagram_is_told_although_the_first_was_not_read(peers, family):
    sender, receiver = datagram_pair(peers, family)
    sender.send(b"first")

    with watching(receiver, IN | EDGE) as instance:
        assert told(instance) == "POLLIN"
        assert now(instance) == "none"
        sender.send(b"second")  # decisive
        assert told(instance) == "POLLIN"


@pytest.mark.claim("stream.epoll.modify-arms-again")
@over_streams
def test_modifying_tells_again_what_is_ready(stream_pair):
    client, server = stream_pair
    client.send(b"data")

    with watching(server, IN | EDGE) as instance:
        told(instance)
        instance.modify(server.fileno(), IN | EDGE)  # decisive
        assert told(instance) == "POLLIN"


@pytest.mark.claim("stream.epoll.one-shot")
@over_streams
def test_one_shot_tells_once_until_it_is_modified(stream_pair):
    client, server = stream_pair

    with watching(server, IN | ONCE) as instance:
        client.send(b"first")
        assert told(instance) == "POLLIN"
        client.send(b"second")
        assert now(instance) == "none"
        instance.modify(server.fileno(), IN | ONCE)  # decisive
        assert told(instance) == "POLLIN"


@pytest.mark.claim("stream.epoll.writable-edge")
@over_ip
def test_edge_triggered_writability_comes_with_the_change(peers, family):
    (client, server), sent = jammed(peers, family)

    with watching(client, OUT | EDGE) as instance:
        remaining = len(sent + filled(client, instance))
        while remaining:  # decisive
            ready(server, POLLIN)
            remaining -= len(server.recv(remaining))
        assert told(instance) == "POLLOUT"
        assert now(instance) == "none"


@pytest.mark.claim("stream.epoll.writable-level")
@over_streams
def test_level_triggered_writability_comes_without_end(stream_pair):
    client, _ = stream_pair

    with watching(client, IN | OUT) as instance:
        assert {now(instance) for _ in range(50)} == {"POLLOUT"}
        instance.modify(client.fileno(), IN)  # decisive
        assert now(instance) == "none"


@pytest.mark.claim("tcp.epoll.error-and-hangup-unasked")
@over_ip
def test_error_and_hang_up_are_told_unasked(stream_pair):
    client, server = stream_pair
    with watching(server, 0) as instance:
        client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
        client.close()  # decisive
        assert told(instance) == "POLLERR|POLLHUP"


@pytest.mark.claim("stream.epoll.half-close-is-no-hangup")
@over_streams
def test_close_of_one_direction_is_readable_and_no_hang_up(stream_pair):
    client, server = stream_pair

    with watching(server, IN | RDHUP) as instance:
        client.shutdown(SHUT_WR)  # decisive
        assert told(instance) == "POLLIN|POLLRDHUP"
        assert server.recv(1) == b""


@pytest.mark.claim("tcp.epoll.close-is-no-hangup")
@over_ip
def test_close_of_the_peer_is_readable_and_no_hang_up(stream_pair):
    client, server = stream_pair

    with watching(server, IN) as instance:
        client.close()  # decisive
        assert told(instance) == "POLLIN"
        assert server.recv(1) == b""


@pytest.mark.claim("tcp.epoll.hangup-with-data-to-read")
@over_ip
def test_data_can_be_read_behind_a_hang_up(stream_pair):
    client, server = stream_pair
    client.send(b"pending")
    server.shutdown(SHUT_WR)

    with watching(server, IN | RDHUP) as instance:
        client.close()  # decisive
        ready(server, HUP)
        assert told(instance) == "POLLIN|POLLHUP|POLLRDHUP"
        assert server.recv(100) == b"pending"
        assert server.recv(100) == b""


@pytest.mark.claim("tcp.epoll.reset-with-data-to-read")
@over_ip
def test_data_can_be_read_behind_a_reset(stream_pair):
    client, server = stream_pair
    client.send(b"pending")
    ready(server, POLLIN)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    with watching(server, IN | RDHUP) as instance:
        client.close()  # decisive
        ready(server, HUP)
        assert told(instance) == "POLLIN|POLLERR|POLLHUP|POLLRDHUP"
        assert server.recv(100) == b"pending"


@pytest.mark.claim("tcp.epoll.unconnected-is-writable-and-hung-up")
@over_ip
def test_socket_that_never_connected_is_writable_and_hung_up(peers, family):
    client = peers.pair(family).client
    client = nonblocking(peers, family)  # decisive

    with watching(client, OUT) as instance:
        assert now(instance) == "POLLOUT|POLLHUP"


@pytest.mark.claim("tcp.epoll.connected-is-writable")
@over_ip
def test_end_of_a_connect_is_told_as_writable(peers, family):
    listener = peers.listener(family)
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(listener.getsockname())  # decisive

    with watching(client, OUT) as instance:
        assert told(instance) == "POLLOUT"
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("stream.epoll.listener-level")
@over_streams
def test_level_triggered_listener_needs_no_loop_of_accept(peers, family):
    listener = peers.listener(family)
    for name in ("first", "second"):
        peers.connecting(family, listener.getsockname(), lane=name)

    with watching(listener, IN) as instance:
        assert told(instance) == "POLLIN"
        peers.accepting(listener)  # decisive
        assert told(instance) == "POLLIN"
        peers.accepting(listener)
        assert now(instance) == "none"


@pytest.mark.claim("stream.epoll.listener-edge")
@over_streams
def test_edge_triggered_listener_is_not_told_of_who_is_left(peers, family):
    listener = peers.listener(family)
    for name in ("first", "second"):
        peers.connecting(family, listener.getsockname(), lane=name)
    ready(listener, POLLIN)

    with watching(listener, IN) as instance:
        instance.modify(listener.fileno(), IN | EDGE)  # decisive
        assert told(instance) == "POLLIN"
        peers.accepting(listener)
        assert now(instance) == "none"
    assert peers.accepting(listener).getsockname() == listener.getsockname()


@pytest.mark.claim("epoll.edge.each-connection")
@pytest.mark.usefixtures("long_queues")
@over_streams
def test_edge_is_told_of_each_connection(peers, family):
    listener, seen = peers.listener(family), []

    with watching(listener, IN | EDGE) as instance:
        for _ in range(3):
            peers.connecting(family, listener.getsockname())
            seen.append(told(instance))  # decisive

    assert seen == ["POLLIN"] * 3
