"""What a full queue does to those who come: on the wire, in the counters, and when there is room again."""

from errno import ECONNRESET, EINPROGRESS
from select import POLLOUT
from socket import SO_ERROR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.queues import half_open, length, queued, take
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import Ends, counted, is_in, tcp_info
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import over_ip

SECOND = 10**9
"""Nanoseconds, in which packets are stamped."""


@pytest.mark.claim("tcp.backlog.overflow-drops-syn")
@over_ip
def test_request_beyond_the_backlog_stays_unanswered(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # else the SYN may carry ECE and CWR
    listener = peers.listener(family, backlog=0)
    queued(peers, family, listener, 1)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)

    with counted() as moved, fails(EINPROGRESS):
        late.connect(listener.getsockname())  # decisive

    wire.expect("late > listener SYN 0:0(0)")
    wire.never("listener > late any")
    assert tcp_info(late).state_name == "SYN_SENT"
    assert length(listener) == 1

    def told():  # the client may ask again between two looks
        asked = len(wire.seen("late > listener SYN"))
        return (moved["TcpExt.ListenOverflows"], moved["TcpExt.ListenDrops"]) == (asked, asked)

    until(told, what="both counters to tell of each request")


@pytest.mark.claim("tcp.backlog.abort-spares-the-syn")
@over_ip
def test_abort_on_overflow_does_not_reset_a_request(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # else the SYN may carry ECE and CWR
    sysctl("net.ipv4.tcp_abort_on_overflow", 1)
    listener = peers.listener(family, backlog=0)
    queued(peers, family, listener, 1)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)

    with fails(EINPROGRESS):
        late.connect(listener.getsockname())  # decisive

    wire.expect("late > listener SYN")
    wire.never("listener > late any")
    assert tcp_info(late).state_name == "SYN_SENT"


@pytest.mark.beside
@pytest.mark.needs("listener-queue")
@pytest.mark.claim("tcp.backlog.recovers-after-accept")
@over_ip
def test_client_asks_again_and_connects_once_there_is_room(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # else the SYN may carry ECE and CWR
    listener = peers.listener(family, backlog=0)
    queued(peers, family, listener, 1)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)
    with fails(EINPROGRESS):
        late.connect(listener.getsockname())
    asked = wire.expect("late > listener SYN 0:0(0)")
    take(peers, listener)  # decisive
    again = wire.expect("late > listener SYN 0:0(0)")

    wire.expect("listener > late SYN ACK 0:0(0) ack 1")
    ready(late, POLLOUT)
    assert late.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert take(peers, listener).getpeername() == late.getsockname()
    assert 0.99 * SECOND <= again.at - asked.at < 2.5 * SECOND  # three would be the time-out of RFC 1122


@pytest.mark.claim("tcp.backlog.abort-resets-the-last-ack")
@pytest.mark.needs("sysctl:net.ipv4.tcp_abort_on_overflow")
@over_ip
def test_last_ack_into_a_full_queue_is_reset_where_asked(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_abort_on_overflow", 1)  # decisive
    listener, (first, second) = half_open(peers, family, sysctl, "first", "second")
    listener.listen(0)
    first.send(b"in time")
    until(lambda: length(listener) == 1, what="the queue full")

    with counted() as moved:
        second.send(b"late")  # decisive

        wire.expect("listener > second RST")
    with fails(ECONNRESET):
        second.recv(1)
    assert second.recv(1) == b""
    assert take(peers, listener).recv(100) == b"in time"
    wire.never("* > first RST")
    assert (moved["TcpExt.ListenOverflows"], moved["TcpExt.ListenDrops"]) == (1, 1)


@pytest.mark.claim("tcp.backlog.overflow-ignores-the-last-ack")
@pytest.mark.needs("sock_diag")
@over_ip
def test_last_ack_into_a_full_queue_is_ignored_and_repeated(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_abort_on_overflow", 0)
    listener, (first, second) = half_open(peers, family, sysctl, "first", "second")
    listener.listen(0)  # decisive
    first.send(b"in time")
    until(lambda: length(listener) == 1, what="the queue full")

    second.send(b"patient")  # decisive

    wire.expect("second > listener (7)")
    is_in(Ends.of(second).reversed, "SYN_RECV")
    is_in(Ends.of(second), "ESTABLISHED")
    assert take(peers, listener).recv(100) == b"in time"
    assert take(peers, listener).recv(100) == b"patient"
    wire.expect("second > * 1:8(7) ack 1")
    wire.never("* > second RST")
