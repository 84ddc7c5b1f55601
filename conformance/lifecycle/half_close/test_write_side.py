"""shutdown(SHUT_WR): what the peer reads, what it may still send, and what the caller may not."""

import os
from errno import EAGAIN, EPIPE
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_WR, SO_ERROR, SOL_SOCKET

import pytest

from conformance.lifecycle.half_close.ends import read_to_end, waiting_bytes
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready, until
from fixtures.stage.children import child
from fixtures.stage.families import over_all, over_ip

SENDS = {
    "send": lambda end: end.send(b"x", MSG_NOSIGNAL),
    "sendmsg": lambda end: end.sendmsg([b"x", b"y"], [], MSG_NOSIGNAL),
    "write": lambda end: os.write(end.fileno(), b"x"),  # Python ignores SIGPIPE
}


@pytest.mark.claim("stream.half-close.peer-reads-eof")
@over_all
def test_peer_reads_all_data_and_then_the_end_again_and_again(stream_pair):
    client, server = stream_pair
    client.sendall(b"first ")
    client.sendall(b"second")
    client.shutdown(SHUT_WR)  # decisive

    assert read_to_end(server) == b"first second"

    assert server.recv(1) == b""
    assert server.recv(1, MSG_DONTWAIT) == b""
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("stream.half-close.peer-still-sends")
@over_all
def test_peer_still_sends_after_the_end(stream_pair):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive
    assert server.recv(1) == b""

    assert server.send(b"reply") == 5  # decisive

    assert client.recv(100) == b"reply"
    with fails(EAGAIN):
        client.recv(1, MSG_DONTWAIT)
    server.close()
    assert client.recv(100) == b""


@pytest.mark.claim("stream.half-close.own-send-fails")
@pytest.mark.parametrize("how", SENDS)
@over_all
def test_caller_cannot_send_any_more(stream_pair, how):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive

    with fails(EPIPE):
        SENDS[how](client)
    with fails(EPIPE):
        SENDS[how](client)

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    server.send(b"but receives")
    assert client.recv(100) == b"but receives"


@pytest.mark.claim("tcp.half-close.own-send-is-silent")
@over_ip
def test_refused_send_puts_nothing_on_the_wire(stream_pair, wire):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive
    wire.expect("client > server FIN 1:1(0) ack 1")

    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)  # decisive

    assert server.recv(1) == b""
    wire.never("client > server any (1..)")
    wire.never("client > server RST")


@pytest.mark.claim("stream.half-close.unread-data-stays")
@over_all
def test_unread_data_stays_readable_for_the_caller(stream_pair):
    client, server = stream_pair
    server.send(b"unread")
    until(lambda: waiting_bytes(client) == 6, what="6 bytes to read")

    client.shutdown(SHUT_WR)  # decisive

    assert server.recv(1) == b""
    assert client.recv(100) == b"unread"


@pytest.mark.claim("tcp.half-close.unread-data-no-reset")
@over_ip
def test_unread_data_does_not_make_the_half_close_a_reset(stream_pair, wire):
    client, server = stream_pair
    server.send(b"unread")
    ready(client, POLLIN)

    client.shutdown(SHUT_WR)  # decisive

    wire.expect("client > server FIN 1:1(0) ack 7")
    wire.never("client > server RST")
    assert server.recv(1) == b""


@pytest.mark.claim("tcp.half-close.no-stop-signal")
@over_ip
def test_peer_is_not_told_to_stop_sending(stream_pair, wire):
    client, server = stream_pair
    data = os.urandom(30_000)
    client.shutdown(SHUT_WR)  # decisive
    assert server.recv(1) == b""

    with child(lambda: server.sendall(data)) as sender:
        server.close()
        received = read_to_end(client)

        assert sender.ends().status == 0
    assert received == data
    wire.expect("client > server FIN 1:1(0)")
    wire.expect(f"client > server ACK 2:2(0) ack {len(data) + 1}..{len(data) + 2}")
    wire.never("client > server RST")
    wire.never("client > server any (1..)")
