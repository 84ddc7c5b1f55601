"""What close() does about bytes that came and were not read, with linger and without."""

from errno import ECONNRESET
from select import POLLRDHUP
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET

import pytest

from conformance.lifecycle.linger.leftovers import BOTH, UNREAD, leaving
from conformance.lifecycle.linger.unsent import SMALL, drain
from fixtures.evidence.expect import fails, lasts, linger
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

OFF, WAITING = linger(on=False, seconds=0), linger(on=True, seconds=5)
options = pytest.mark.parametrize("option", [OFF, WAITING], ids=["off", "on-5s"])


@pytest.mark.claim("tcp.linger.unread-resets")
@options
@over_ip
def test_close_with_unread_bytes_resets(stream_pair, option, wire):
    UNREAD.leave(stream_pair)  # decisive
    stream_pair.client.setsockopt(SOL_SOCKET, SO_LINGER, option)

    stream_pair.client.close()  # decisive

    wire.expect("client > server RST")
    wire.never("client > server FIN")


@pytest.mark.claim("tcp.linger.unread-resets")
@leaving(UNREAD, BOTH)
@options
@over_ip
def test_peer_learns_that_its_bytes_were_not_read(peers, family, option, left):
    pair = peers.pair(family, rcvbuf=SMALL)
    left.leave(pair)
    pair.client.setsockopt(SOL_SOCKET, SO_LINGER, option)

    with lasts(slack=3):
        pair.client.close()  # decisive

    with fails(ECONNRESET):
        drain(pair.server, bytearray())


@pytest.mark.claim("tcp.linger.read-up-closes-orderly")
@over_ip
def test_close_after_reading_everything_sends_fin(stream_pair, wire):
    client, server = stream_pair
    server.send(b"read")
    assert client.recv(100) == b"read"

    client.close()  # decisive

    assert server.recv(1) == b""
    wire.expect("client > server FIN")
    wire.never("client > server RST")


@pytest.mark.claim("tcp.linger.read-up-closes-orderly")
@over_ip
def test_peer_reads_end_of_file_when_everything_was_read(stream_pair):
    client, server = stream_pair
    server.send(b"read")
    assert client.recv(100) == b"read"  # decisive

    client.close()  # decisive

    assert server.recv(1) == b""


@pytest.mark.claim("tcp.linger.unread-end-closes-orderly")
@over_ip
def test_close_when_only_the_end_is_unread_sends_fin(stream_pair, wire):
    client, server = stream_pair
    server.send(b"read")
    assert client.recv(100) == b"read"
    server.shutdown(SHUT_WR)
    ready(client, POLLRDHUP)

    client.close()  # decisive

    assert server.recv(1) == b""
    wire.expect("client > server FIN")
    wire.never("client > server RST")
