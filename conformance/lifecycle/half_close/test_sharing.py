"""shutdown() acts on the connection, close() on one descriptor of it; and who is woken."""

from errno import EPIPE
from socket import MSG_NOSIGNAL, SHUT_RD, SHUT_WR

import pytest

from conformance.lifecycle.half_close.ends import duplicate
from fixtures.evidence.expect import fails
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_all, over_ip


@pytest.mark.claim("stream.half-close.through-any-duplicate")
@over_all
def test_shutdown_through_a_duplicate_acts_on_all(peers, stream_pair):
    client, server = stream_pair
    copy = duplicate(peers, client)

    copy.shutdown(SHUT_WR)  # decisive

    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)
    assert server.recv(1) == b""
    server.send(b"reply")
    assert client.recv(100) == b"reply"


@pytest.mark.claim("stream.half-close.through-any-duplicate")
@over_all
def test_shutdown_in_a_child_acts_on_the_parent(stream_pair):
    client, server = stream_pair

    in_child(lambda: client.shutdown(SHUT_WR))  # decisive

    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)
    assert server.recv(1) == b""
    server.send(b"reply")
    assert client.recv(100) == b"reply"


@pytest.mark.claim("stream.half-close.close-only-the-last")
@over_all
def test_close_ends_the_connection_only_with_the_last_duplicate(peers, stream_pair):
    client, server = stream_pair
    copy = duplicate(peers, client)

    client.close()
    copy.send(b"still here")
    assert server.recv(100) == b"still here"
    server.send(b"so am I")
    assert copy.recv(100) == b"so am I"
    copy.close()  # decisive

    assert server.recv(1) == b""


@pytest.mark.claim("stream.half-close.close-only-the-last")
@over_all
def test_close_in_a_child_leaves_the_parent_connected(stream_pair):
    client, server = stream_pair

    in_child(client.close)

    client.send(b"still here")  # decisive
    assert server.recv(100) == b"still here"
    client.close()  # decisive
    assert server.recv(1) == b""


@pytest.mark.claim("tcp.half-close.close-of-a-duplicate-is-silent")
@over_ip
def test_close_of_a_duplicate_puts_nothing_on_the_wire(peers, stream_pair, wire):
    client, server = stream_pair
    copy = duplicate(peers, client)

    copy.close()
    wire.never("client > server FIN")
    wire.never("client > server RST")
    client.close()  # decisive

    wire.expect("client > server FIN 1:1(0)")
    wire.never("client > server RST")
    assert server.recv(1) == b""


@pytest.mark.claim("stream.half-close.wakes-own-reader")
@over_all
def test_own_shut_rd_wakes_a_blocked_reader(stream_pair):
    client, _ = stream_pair
    with child(lambda: client.recv(1)) as reader:
        reader.is_blocked_in("recv")

        client.shutdown(SHUT_RD)  # decisive

        assert reader.ends().value == b""


@pytest.mark.claim("stream.half-close.wakes-the-peers-reader")
@over_all
def test_shut_wr_wakes_a_blocked_reader_of_the_peer(stream_pair):
    client, server = stream_pair
    with child(lambda: server.recv(1)) as reader:
        reader.is_blocked_in("recv")

        client.shutdown(SHUT_WR)  # decisive

        assert reader.ends().value == b""
