"""The probes on the wire, by the kernel's timestamps, and what is told when nobody answers them."""

import time
from errno import EAGAIN, ECONNRESET, EPIPE, ETIMEDOUT
from select import POLLERR, POLLHUP, POLLIN, POLLRDHUP
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SO_ERROR, SOL_SOCKET

import pytest

from conformance.lifecycle.abnormal_end.silence import deafen, vanish
from conformance.tcp.keepalive.probing import PROBE, SECOND, TICK, probe
from fixtures.evidence.expect import fails, lasts
from fixtures.evidence.kernel_view import Ends, is_in
from fixtures.evidence.waiting import GENEROUS, ready
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
LATE = GENEROUS + 1
"""Seconds for what comes a second or two after the start."""


@pytest.mark.claim("tcp.keepalive.probe-is-an-old-ack")
@over_ip
def test_probe_comes_after_the_idle_time_and_is_acknowledged(stream_pair, wire):
    client, server = stream_pair
    probe(client)  # decisive
    last = wire.expect("client > server ACK 1:1(0)")

    sent = wire.expect(f"{PROBE} ack 1", within=LATE)

    assert sent.at - last.at >= SECOND - TICK
    wire.expect("server > client ACK 1:1(0) ack 1")
    wire.never("* > * ICMP")
    wire.never("* > * ICMPv6")
    with fails(EAGAIN):
        client.recv(1, MSG_DONTWAIT)
    assert server.send(b"alive") == 5
    assert client.recv(100) == b"alive"


@pytest.mark.claim("tcp.keepalive.count-then-reset")
@pytest.mark.needs("filter")
@over_ip
def test_reset_follows_as_many_probes_as_the_count_says(stream_pair, wire):
    client, server = stream_pair
    deafen(server)  # decisive
    began = time.time_ns()
    probe(client, count=2)  # decisive

    ready(client, POLLERR, within=LATE + 2)

    sent = [wire.expect(PROBE), wire.expect(PROBE), wire.expect("client > server RST")]
    assert len(wire.seen(PROBE)) == 2
    assert all(each.at - began >= number * SECOND - TICK for number, each in enumerate(sent, 1))


@pytest.mark.claim("tcp.keepalive.failure-etimedout")
@pytest.mark.needs("filter")
@over_ip
def test_recv_fails_when_the_probes_go_unanswered(stream_pair):
    client, server = stream_pair
    deafen(server)  # decisive

    with lasts(at_least=2, slack=5), fails(ETIMEDOUT):
        probe(client)  # decisive
        client.recv(1)

    assert (client.recv(1), client.getsockopt(SOL_SOCKET, SO_ERROR)) == (b"", 0)
    with fails(EPIPE):
        client.send(b"x", MSG_NOSIGNAL)


@pytest.mark.claim("tcp.keepalive.failure-wakes-poll")
@pytest.mark.needs("filter")
@over_ip
def test_poll_tells_when_the_probes_go_unanswered(stream_pair):
    client, server = stream_pair
    deafen(server)  # decisive
    probe(client)  # decisive

    bits = ready(client, POLLIN | POLLRDHUP, within=LATE)

    assert bits == POLLIN | POLLERR | POLLHUP | POLLRDHUP
    assert (client.getsockopt(SOL_SOCKET, SO_ERROR), client.getsockopt(SOL_SOCKET, SO_ERROR)) == (ETIMEDOUT, 0)
    assert client.recv(1) == b""


@pytest.mark.claim("tcp.keepalive.lost-state-resets")
@pytest.mark.needs("filter")
@over_ip
def test_host_without_the_connection_answers_the_probe_with_a_reset(stream_pair, wire):
    client, _ = stream_pair
    vanish(stream_pair, wire)
    wire.expect("server > client RST")
    probe(client, count=9)  # decisive

    with fails(ECONNRESET):
        client.recv(1)

    wire.expect(PROBE)
    wire.expect("server > client RST")
    assert len(wire.seen(PROBE)) == 1
    assert client.recv(1) == b""


@pytest.mark.claim("tcp.keepalive.not-while-unacknowledged")
@pytest.mark.needs("filter", "sock_diag")
@over_ip
def test_unacknowledged_data_is_retransmitted_and_not_probed(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_retries2", 15)
    client, server = peers.pair(family)
    deafen(server)  # decisive
    probe(client)  # decisive
    assert client.send(b"lost") == 4
    sent = wire.expect("client > server 1:5(4)").at

    while wire.expect("client > server 1:5(4)", within=LATE).at - sent < 2 * SECOND:  # until all intervals are over
        pass

    is_in(Ends.of(client), "ESTABLISHED")
    wire.never(PROBE)
    wire.never("client > server RST")
    with fails(EAGAIN):
        client.recv(1, MSG_DONTWAIT)
