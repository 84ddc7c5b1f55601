"""What TCP holds back for a while: small segments of the sender (Nagle, cork), and acknowledgements of the receiver."""

from select import POLLIN
from socket import IPPROTO_TCP, TCP_CORK, TCP_NODELAY, TCP_QUICKACK
from time import time_ns

import pytest

from conformance.lifecycle.abnormal_end.silence import deafen
from conformance.stream.sending.buffers import received
from conformance.stream.sending.segments import CEILING, before_the_ceiling
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import ready, starved, until
from fixtures.stage.families import over_ip
from fixtures.stage.sysctls import path_of, read_sysctl

RTO_MIN = "net.ipv4.tcp_rto_min_us"
TRIES = 3
"""A delayed acknowledgement may pass for one at once where the machine stands still for 40 ms; not three times."""


@pytest.fixture
def nothing_repeated(sysctl):
    """What stays unacknowledged is not sent again while the scenario lasts, where the kernel has a setting for that.

    A probe for a lost tail (RFC 8985 7) would carry what Nagle's algorithm holds back, and the first time-out would
    leave a window of one segment (RFC 5681 3.1), so that nothing else may leave, whatever TCP_NODELAY says.
    """
    sysctl("net.ipv4.tcp_early_retrans", 0)
    if path_of(RTO_MIN).exists():  # since Linux 6.11; before it 200 ms are what the machine may stand still
        sysctl(RTO_MIN, 60_000_000)


@pytest.fixture
def delays_as_usual(sysctl):
    """An acknowledgement is delayed by 40 ms at least, whatever the machine was told."""
    if path_of(RTO_MIN).exists() and int(read_sysctl(RTO_MIN)) < 200_000:
        sysctl(RTO_MIN, 200_000)


@pytest.mark.claim("tcp.nagle.holds-back-while-unacknowledged")
@pytest.mark.needs("filter")
@over_ip
def test_second_small_segment_waits_for_the_acknowledgement_of_the_first(nothing_repeated, peers, family, wire):
    client, server = peers.pair(family)
    deafen(server)  # decisive

    client.send(b"first")
    client.send(b"second")

    wire.expect("client > server 1:6(5)")
    wire.never("client > server 6:12(6)")


@pytest.mark.claim("tcp.nagle.nodelay-sends-at-once")
@pytest.mark.needs("filter")
@over_ip
def test_nodelay_sends_every_small_segment_at_once(nothing_repeated, peers, family, wire):
    client, server = peers.pair(family)
    deafen(server)
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # decisive

    client.send(b"first")
    client.send(b"second")

    wire.settle()
    wire.expect("client > server 1:6(5)")
    wire.expect("client > server 6:12(6)", within=0)


@pytest.mark.claim("tcp.nagle.nodelay-flushes")
@pytest.mark.needs("filter")
@over_ip
def test_nodelay_lets_go_what_was_held_back(nothing_repeated, peers, family, wire):
    client, server = peers.pair(family)
    deafen(server)
    client.send(b"first")
    client.send(b"second")
    wire.never("client > server 6:12(6)")

    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # decisive

    wire.settle()
    wire.expect("client > server 6:12(6)", within=0)


@pytest.mark.claim("tcp.nagle.on-by-default")
@over_ip
def test_nodelay_is_off_and_reads_back(stream_pair):
    client, _ = stream_pair
    assert client.getsockopt(IPPROTO_TCP, TCP_NODELAY) == 0

    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # decisive

    assert client.getsockopt(IPPROTO_TCP, TCP_NODELAY) == 1


@pytest.mark.claim("tcp.nagle.is-no-delayed-ack")
@over_ip
def test_nodelay_of_the_sender_does_not_hasten_acknowledgements(delays_as_usual, peers, family, wire):
    client, server = peers.pair(family)
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    server.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)
    server.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    without_processor = starved()

    client.send(b"delayed")  # decisive
    assert server.recv(100) == b"delayed"

    sent = wire.expect("client > server (7)")
    acknowledged = wire.expect("server > client ACK (0) ack 8")
    delay = (acknowledged.at - sent.at) / 1e9
    assert delay >= DELAYED
    assert delay - (starved() - without_processor) < LONGEST_DELAY


DELAYED = 0.02
"""Seconds: half of the shortest delay of an acknowledgement that Linux has, TCP_DELACK_MIN of 40 ms."""
LONGEST_DELAY = 0.5
"""Seconds that an acknowledgement may be delayed (RFC 9293 3.8.6.3, MUST-40)."""


@pytest.mark.claim("tcp.quickack.acknowledges-at-once")
@pytest.mark.usefixtures("usual_windows")
@over_ip
def test_quickack_acknowledges_before_anything_else_happens(stream_pair, wire):
    client, server = stream_pair
    left = []

    for _ in range(TRIES):
        server.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)
        server.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 1)  # decisive
        client.send(b"quick")
        wire.settle()
        left.append(tcp_info(client).unacked)

    assert left == [0] * TRIES
    wire.expect("server > client ACK (0) ack 6")


@pytest.mark.claim("tcp.quickack.not-for-ever")
@over_ip
def test_quickack_wears_off(stream_pair):
    client, server = stream_pair
    server.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 1)
    assert server.getsockopt(IPPROTO_TCP, TCP_QUICKACK) == 1

    def is_off_after_a_turn():
        client.send(b"?")
        server.send(server.recv(1))  # decisive
        client.recv(1)
        return server.getsockopt(IPPROTO_TCP, TCP_QUICKACK) == 0

    until(is_off_after_a_turn, what="TCP_QUICKACK off")  # after a pause it begins anew, and a machine may pause


@pytest.mark.claim("tcp.cork.gathers")
@over_ip
def test_corked_bytes_leave_together(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)  # decisive
    began = time_ns()

    for piece in (b"a", b"b", b"c"):
        client.send(piece)
    client.setsockopt(IPPROTO_TCP, TCP_CORK, 0)

    assert received(server, 3) == b"abc"
    assert before_the_ceiling(wire, since=began) in ([3], [])


@pytest.mark.claim("tcp.cork.holds-back")
@over_ip
def test_corked_bytes_wait_although_nothing_is_unacknowledged(stream_pair, wire):
    client, _ = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)  # decisive
    began = time_ns()

    client.send(b"held")

    assert before_the_ceiling(wire, since=began) == []


@pytest.mark.claim("tcp.cork.ceiling")
@over_ip
def test_corked_bytes_leave_after_the_ceiling(stream_pair, wire):
    client, server = stream_pair
    client.send(b"mark")
    assert server.recv(100) == b"mark"
    client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)  # decisive

    client.send(b"held")
    ready(server, POLLIN)

    first, second = wire.expect("client > server (4)"), wire.expect("client > server (4)")
    assert second.at - first.at >= (CEILING - JIFFY) * 1e9


@pytest.mark.claim("tcp.cork.nodelay-lets-go")
@over_ip
def test_nodelay_lets_corked_bytes_go(stream_pair, wire):
    client, _ = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)
    began = time_ns()
    client.send(b"held")

    asked = time_ns()
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # decisive
    let_go = time_ns()

    sent = wire.expect("client > server (4)").at
    held_back = sent >= min(asked, began + (CEILING - JIFFY) * 1e9)
    assert held_back
    with_the_option = sent <= let_go
    assert with_the_option


@pytest.mark.claim("tcp.cork.reads-back")
@over_ip
def test_cork_is_off_and_reads_back(stream_pair):
    client, _ = stream_pair
    assert client.getsockopt(IPPROTO_TCP, TCP_CORK) == 0

    client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)  # decisive

    assert client.getsockopt(IPPROTO_TCP, TCP_CORK) == 1
