"""shutdown(SHUT_RD): on TCP a matter of the caller alone, on UNIX sockets one that the peer feels."""

from errno import EAGAIN, EPIPE
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_RD

import pytest

from conformance.lifecycle.half_close.ends import waiting_bytes
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import over_all, over_ip, over_ip_and_mapped, over_unix


@pytest.mark.claim("stream.half-close.shut-rd-ends-reading")
@over_all
def test_caller_reads_what_was_there_and_then_the_end(stream_pair):
    client, server = stream_pair
    server.send(b"before")
    ready(client, POLLIN)
    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)

    client.shutdown(SHUT_RD)  # decisive

    assert client.recv(100) == b"before"
    assert client.recv(100) == b""
    assert client.recv(100, MSG_DONTWAIT) == b""
    assert client.send(b"still sends") == 11
    assert server.recv(100) == b"still sends"


@pytest.mark.claim("tcp.half-close.shut-rd-is-silent")
@over_ip
def test_shut_rd_puts_nothing_on_the_wire(stream_pair, wire):
    client, server = stream_pair
    before = len(wire.seen())

    client.shutdown(SHUT_RD)  # decisive

    assert len(wire.seen()) == before
    assert client.recv(1) == b""
    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("tcp.half-close.shut-rd-still-receives")
@over_ip_and_mapped
def test_data_that_comes_after_shut_rd_is_still_given(stream_pair):
    client, server = stream_pair
    client.shutdown(SHUT_RD)  # decisive
    assert client.recv(100) == b""

    assert server.send(b"after") == 5
    until(lambda: waiting_bytes(client) == 5, what="5 bytes to read")

    assert client.recv(100) == b"after"
    assert client.recv(100) == b""


@pytest.mark.claim("tcp.half-close.shut-rd-still-acknowledges")
@over_ip
def test_data_that_comes_after_shut_rd_is_acknowledged(stream_pair, wire):
    client, server = stream_pair
    client.shutdown(SHUT_RD)

    assert server.send(b"after") == 5  # decisive

    wire.expect("server > client 1:6(5)")
    wire.expect("client > server ACK 1:1(0) ack 6")
    assert server.send(b"again", MSG_NOSIGNAL) == 5
    wire.never("client > server RST")
    wire.never("client > server any win 0")


@pytest.mark.claim("unix.half-close.shut-rd-stops-the-peer")
@over_unix
def test_peer_cannot_send_to_a_unix_socket_after_its_shut_rd(stream_pair):
    client, server = stream_pair

    client.shutdown(SHUT_RD)  # decisive

    with fails(EPIPE):
        server.send(b"after", MSG_NOSIGNAL)
