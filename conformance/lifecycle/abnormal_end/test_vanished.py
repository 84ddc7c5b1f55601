"""The peer is gone without a word, or the network does not carry: what is noticed, when, and by whom."""

from errno import EAGAIN, ECONNRESET, EPIPE, ETIMEDOUT
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP
from socket import IPPROTO_TCP, MSG_DONTWAIT, MSG_NOSIGNAL, SO_ERROR, SO_RCVTIMEO, SOL_SOCKET, TCP_USER_TIMEOUT

import pytest

from conformance.lifecycle.abnormal_end.silence import deafen, vanish
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.kernel_view import Ends, is_in, reaches, tcp_info
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_all, over_ip


@pytest.mark.claim("tcp.abnormal-end.vanished-peer-unnoticed")
@pytest.mark.needs("filter", "sock_diag")
@over_ip
def test_vanished_peer_shows_only_when_something_is_sent(stream_pair, wire):
    client, _ = stream_pair
    ends = Ends.of(client)
    vanish(stream_pair, wire)

    is_in(ends, "ESTABLISHED")
    assert ends.seen().timer == ""
    with fails(EAGAIN):
        client.recv(1, MSG_DONTWAIT)
    assert readiness(client) == POLLOUT
    assert client.send(b"anybody?") == 8  # decisive

    ready(client, POLLHUP)
    wire.expect("client > server 1:9(8)")
    wire.expect("server > client RST")
    with fails(ECONNRESET):
        client.recv(1)


@pytest.mark.claim("tcp.abnormal-end.user-timeout-etimedout")
@pytest.mark.needs("filter", "kernel>=4.19")
@pytest.mark.beside
@over_ip
def test_user_timeout_ends_a_connection_that_is_not_acknowledged(stream_pair):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 500)  # decisive
    deafen(server)  # decisive

    with lasts(at_least=0.5, slack=5):
        client.send(b"lost")
        with fails(ETIMEDOUT):
            client.recv(1)

    assert (client.recv(1), client.getsockopt(SOL_SOCKET, SO_ERROR)) == (b"", 0)
    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)


@pytest.mark.claim("tcp.abnormal-end.user-timeout-etimedout")
@pytest.mark.needs("filter", "kernel>=4.19", "sock_diag")
@pytest.mark.beside
@over_ip
def test_user_timeout_is_an_event_and_leaves_no_state(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(client)
    client.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 500)  # decisive
    deafen(server)  # decisive

    client.send(b"lost")
    assert ready(client, POLLIN | POLLRDHUP) == POLLIN | POLLERR | POLLHUP | POLLRDHUP

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ETIMEDOUT
    reaches(ends, "CLOSE")
    wire.expect("client > server 1:5(4)")
    wire.expect("client > server 1:5(4)")
    wire.never("server > client any (1..)")


@pytest.mark.claim("tcp.abnormal-end.retries2-etimedout")
@pytest.mark.needs("filter")
@pytest.mark.beside
@over_ip
def test_retransmissions_at_doubled_intervals_end_in_a_timeout(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_retries2", 2)  # decisive
    sysctl("net.ipv4.tcp_early_retrans", 0)  # a tail loss probe would come between and double nothing
    client, server = peers.pair(family)
    deafen(server)  # decisive
    first_timeout = tcp_info(client).rto / 1e6

    with lasts(at_least=1.2, slack=5):  # 1 + 2 + 4 times 200 ms, less what a machine that stands still takes off
        client.send(b"lost")
        with fails(ETIMEDOUT):
            client.recv(1)

    sent = [wire.expect("client > server 1:5(4)").at / 1e9 for _ in range(3)]
    assert sent[1] - sent[0] >= first_timeout / 2
    assert sent[2] - sent[1] >= 1.5 * first_timeout
    wire.never("server > client any (1..)")


@pytest.mark.claim("stream.abnormal-end.silence-times-out")
@over_all
def test_server_gives_up_on_a_silent_client_and_closes(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.05))  # decisive

    with lasts(at_least=0.05, slack=3), fails(EAGAIN):
        server.recv(1)

    client.send(b"late")
    assert server.recv(100) == b"late"
    server.close()
    assert client.recv(1) == b""
