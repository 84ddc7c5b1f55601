"""Abort: what close() with SO_LINGER on and zero seconds puts on the wire, and what the peer then reads."""

from errno import ECONNRESET, EPIPE
from select import POLLERR, POLLHUP, POLLIN, POLLRDHUP
from socket import MSG_NOSIGNAL, SHUT_WR, SO_LINGER, SOL_SOCKET

import pytest

from conformance.lifecycle.linger.leftovers import BOTH, NOTHING, UNREAD, UNSENT, leaving
from conformance.lifecycle.linger.unsent import SMALL, drain, jammed
from fixtures.evidence.expect import fails, lasts, linger
from fixtures.evidence.kernel_view import Ends, is_in, reaches
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip, over_ip_and_mapped


@pytest.mark.claim("tcp.linger.zero-aborts")
@over_ip_and_mapped
def test_close_with_zero_linger_resets(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive

    client.close()  # decisive

    wire.expect("client > server RST")
    wire.never("client > server FIN")
    wire.never("server > client RST")
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.linger.zero-aborts")
@leaving(NOTHING, UNREAD, UNSENT, BOTH)
@over_ip
def test_close_with_zero_linger_resets_whatever_is_left(peers, family, left, wire):
    pair = peers.pair(family, rcvbuf=SMALL)
    left.leave(pair)
    pair.client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    pair.client.close()  # decisive

    wire.expect("client > server RST")
    wire.never("client > server FIN")


@pytest.mark.claim("tcp.linger.zero-aborts")
@leaving(NOTHING, UNREAD, UNSENT, BOTH)
@over_ip_and_mapped
def test_peer_finds_the_connection_reset_whatever_is_left(peers, family, left):
    pair = peers.pair(family, rcvbuf=SMALL)
    left.leave(pair)
    pair.client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    pair.client.close()  # decisive

    with fails(ECONNRESET):
        drain(pair.server, bytearray())


@pytest.mark.claim("tcp.linger.zero-peer-told-once")
@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])
@over_ip
def test_peer_of_an_abort_reads_one_error_and_then_end_of_file(stream_pair, blocking):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    client.setblocking(blocking)

    client.close()  # decisive

    expected = POLLIN | POLLERR | POLLHUP | POLLRDHUP
    assert ready(server, POLLIN) & POLLERR
    assert readiness(server, expected) == expected
    with fails(ECONNRESET):
        server.recv(1)
    assert server.recv(1) == b""
    with fails(EPIPE):
        server.send(b"!", MSG_NOSIGNAL)


@pytest.mark.claim("tcp.linger.zero-does-not-wait")
@over_ip
def test_close_with_zero_linger_does_not_wait_for_unsent_bytes(peers, family):
    (client, server), sent = jammed(peers, family)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive

    with lasts(slack=3):
        client.close()

    with fails(ECONNRESET):
        drain(server, received := bytearray())
    assert received == sent[: len(received)]
    assert len(received) < len(sent)


@pytest.mark.claim("tcp.linger.zero-arrived-bytes-readable")
@over_ip
def test_bytes_that_arrived_before_the_abort_can_still_be_read(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    client.send(b"arrived")
    ready(server, POLLIN)

    client.close()

    ready(server, POLLHUP)
    assert server.recv(100) == b"arrived"
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.linger.zero-leaves-no-time-wait")
@pytest.mark.needs("sock_diag")
@over_ip
def test_abort_leaves_no_state_at_either_end(stream_pair):
    client, server = stream_pair
    ends = Ends.of(client)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    is_in(ends, "ESTABLISHED")

    client.close()  # decisive

    is_in(ends, "CLOSE")
    reaches(ends.reversed, "CLOSE")
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.linger.zero-aborts-after-shutdown")
@pytest.mark.needs("sock_diag")
@over_ip
def test_close_with_zero_linger_resets_after_shutdown_too(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(client)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    client.shutdown(SHUT_WR)
    reaches(ends, "FIN_WAIT2")
    assert server.recv(1) == b""
    wire.never("client > server RST")

    client.close()  # decisive

    wire.expect("client > server FIN")
    wire.expect("client > server RST")
    is_in(ends, "CLOSE")


@pytest.mark.claim("tcp.linger.last-setting-counts")
@over_ip
def test_linger_switched_off_again_closes_with_fin(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=False, seconds=0))  # decisive

    client.close()  # decisive

    assert server.recv(1) == b""
    wire.expect("client > server FIN")
    wire.never("client > server RST")


@pytest.mark.claim("tcp.linger.last-setting-counts")
@over_ip
def test_close_is_orderly_when_linger_was_switched_off_again(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=False, seconds=0))  # decisive
    client.send(b"last")

    client.close()  # decisive

    assert server.recv(100) == b"last"
    assert server.recv(1) == b""
    assert server.send(b"more") == len(b"more")
