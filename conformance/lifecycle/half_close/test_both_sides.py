"""shutdown(SHUT_RDWR), a second shutdown(), and calls that shutdown() refuses."""

from errno import EAGAIN, ECONNRESET, EINPROGRESS, EINVAL, ENOTCONN, EPIPE
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_ERROR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.connect.calls import nonblocking, silent
from conformance.lifecycle.half_close.ends import read_to_end
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import Ends, is_in, reaches, tcp_info
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_all, over_ip, over_ip_and_mapped, over_unix

EVERY_HOW = [SHUT_RD, SHUT_WR, SHUT_RDWR]


@pytest.mark.claim("stream.half-close.shut-rdwr-ends-both")
@over_all
def test_shut_rdwr_ends_reading_and_writing_and_loses_nothing(stream_pair):
    client, server = stream_pair
    client.send(b"farewell")

    client.shutdown(SHUT_RDWR)  # decisive

    assert client.recv(100) == b""
    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)
    assert read_to_end(server) == b"farewell"


@pytest.mark.claim("tcp.half-close.shut-rdwr-is-orderly")
@over_ip
def test_shut_rdwr_sends_fin_and_no_reset(stream_pair, wire):
    client, server = stream_pair
    client.send(b"farewell")

    client.shutdown(SHUT_RDWR)  # decisive

    wire.expect("client > server FIN *:9(*) ack 1")
    wire.expect("server > client ACK (0) ack 10")
    assert read_to_end(server) == b"farewell"
    wire.never("* > * RST")


@pytest.mark.claim("tcp.half-close.shut-rdwr-resets-later-data")
@over_ip
def test_data_that_comes_after_shut_rdwr_draws_a_reset(stream_pair, wire):
    client, server = stream_pair
    client.shutdown(SHUT_RDWR)  # decisive
    assert server.recv(1) == b""

    assert server.send(b"too late") == 8  # decisive

    wire.expect("server > client 1:9(8) ack 2")
    wire.expect("client > server RST 2:2(0)")


@pytest.mark.claim("unix.half-close.shut-rdwr-stops-the-peer")
@over_unix
def test_peer_of_a_unix_socket_neither_reads_nor_sends_after_shut_rdwr(stream_pair):
    client, server = stream_pair

    client.shutdown(SHUT_RDWR)  # decisive

    assert server.recv(1) == b""
    with fails(EPIPE):
        server.send(b"x", MSG_NOSIGNAL)


@pytest.mark.claim("stream.half-close.again-changes-nothing")
@over_all
def test_second_shutdown_succeeds_and_changes_nothing(stream_pair):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive
    assert server.recv(1) == b""

    client.shutdown(SHUT_WR)

    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)
    server.send(b"reply")
    assert client.recv(100) == b"reply"


@pytest.mark.claim("tcp.half-close.one-fin")
@over_ip
def test_second_shutdown_and_close_send_no_second_fin(stream_pair, wire):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive
    wire.expect("client > server FIN 1:1(0)")
    client.shutdown(SHUT_WR)
    server.shutdown(SHUT_WR)
    assert client.recv(1) == b""

    client.close()
    server.close()

    wire.expect("server > client FIN 1:1(0)")
    wire.expect("client > server ACK 2:2(0) ack 2")
    wire.never("* > * FIN 2..:*(*)")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.half-close.finished-enotconn")
@pytest.mark.needs("sock_diag")
@over_ip
def test_shutdown_of_a_connection_that_is_over_fails(stream_pair, sysctl):
    sysctl("net.ipv4.tcp_max_tw_buckets", 1000)  # 0 does away with TIME_WAIT
    client, server = stream_pair
    ends = Ends.of(client)
    client.shutdown(SHUT_WR)
    server.recv(1)
    server.shutdown(SHUT_WR)  # decisive
    reaches(ends, "TIME_WAIT")
    reaches(ends.reversed, "CLOSE")

    with fails(ENOTCONN):
        client.shutdown(SHUT_RDWR)  # decisive
    with fails(ENOTCONN):
        server.shutdown(SHUT_WR)  # decisive

    is_in(ends, "TIME_WAIT")


@pytest.mark.claim("tcp.half-close.unconnected-enotconn")
@pytest.mark.parametrize("how", EVERY_HOW)
@over_ip_and_mapped
def test_shutdown_of_an_unconnected_tcp_socket_fails(peers, family, how):
    fresh = peers.socket("fresh", family.domain, SOCK_STREAM)
    bound = peers.listener(family, backlog=None)

    with fails(ENOTCONN):
        fresh.shutdown(how)  # decisive
    with fails(ENOTCONN):
        bound.shutdown(how)  # decisive


@pytest.mark.claim("tcp.half-close.connecting-is-given-up")
@pytest.mark.needs("filter")
@pytest.mark.parametrize("how", EVERY_HOW)
@over_ip
def test_shutdown_of_a_connecting_socket_gives_the_attempt_up(peers, family, how, wire):
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(silent(peers, family).getsockname())
    wire.expect("client > listener SYN !ACK")

    client.shutdown(how)  # decisive

    assert tcp_info(client).state_name == "CLOSE"
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNRESET
    wire.never("client > listener FIN")
    wire.never("client > listener RST")


@pytest.mark.claim("unix.half-close.unconnected-not-refused")
@pytest.mark.parametrize("how", [SHUT_RD, SHUT_RDWR])
@over_unix
def test_shutdown_of_an_unconnected_unix_socket_succeeds(peers, family, how):
    fresh = peers.socket("fresh", family.domain, SOCK_STREAM)
    assert readiness(fresh, POLLIN) & POLLIN == 0

    fresh.shutdown(how)  # decisive

    assert readiness(fresh, POLLIN) & POLLIN


@pytest.mark.claim("stream.half-close.unknown-how")
@pytest.mark.parametrize("how", [-1, 3])
@over_all
def test_shutdown_with_an_unknown_how_fails_and_changes_nothing(stream_pair, how):
    client, server = stream_pair

    with fails(EINVAL):
        client.shutdown(how)  # decisive

    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)
    client.send(b"ping")
    assert server.recv(100) == b"ping"
    server.send(b"pong")
    ready(client, POLLIN)
    assert client.recv(100) == b"pong"
