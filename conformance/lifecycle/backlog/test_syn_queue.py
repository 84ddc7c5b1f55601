"""Connections that are not finished yet: where they are, how many there may be, and cookies that need no place."""

from errno import EAGAIN, EINPROGRESS
from socket import SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.queues import caller, deferring, half_open, length, take
from fixtures.evidence.expect import fails, one_of, timeval
from fixtures.evidence.kernel_view import Ends, counted, is_in, reaches, sockets, tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

OLD = "before commit tcp/dccp: allow a connection when sk_max_ack_backlog is zero"
NEW = "inet_csk_reqsk_queue_is_full()"


@pytest.mark.claim("tcp.backlog.half-open-not-queued")
@pytest.mark.needs("sock_diag")
@over_ip
def test_half_open_connection_is_not_there_for_accept(peers, family, sysctl):
    listener, (client,) = half_open(peers, family, sysctl, "client")
    ends = Ends.of(client)
    listener.setblocking(False)
    reaches(ends.reversed, "SYN_RECV")
    is_in(ends, "ESTABLISHED")
    with fails(EAGAIN):
        listener.accept()

    client.send(b"now")  # decisive

    server = take(peers, listener)
    is_in(ends.reversed, "ESTABLISHED")
    assert server.recv(100) == b"now"


@pytest.mark.claim("tcp.backlog.bounds-half-open")
@pytest.mark.needs("sysctl:net.ipv4.tcp_syncookies", "sysctl:net.core.somaxconn")
@over_ip
def test_backlog_bounds_half_open_connections_without_cookies(peers, family, sysctl):
    sysctl("net.core.somaxconn", 16)
    sysctl("net.ipv4.tcp_max_syn_backlog", 128)
    sysctl("net.ipv4.tcp_syncookies", 0)  # decisive
    listener = deferring(peers, family)
    listener.listen(1)  # decisive
    clients = [peers.socket(f"client{number}", family.domain, SOCK_STREAM) for number in (1, 2, 3)]
    for client in clients:
        client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.02))

    with counted() as moved:
        results = tuple(client.connect_ex(listener.getsockname()) for client in clients)

        one_of(results, {(0, 0, EINPROGRESS): NEW, (0, EINPROGRESS, EINPROGRESS): OLD})
    assert moved["TcpExt.TCPReqQFullDrop"] >= 1
    assert moved["TcpExt.SyncookiesSent"] == 0
    assert length(listener) == 0


@pytest.mark.claim("tcp.backlog.tcp-max-syn-backlog-bounds-half-open")
@pytest.mark.needs("sysctl:net.ipv4.tcp_max_syn_backlog", "sysctl:net.core.somaxconn")
@over_ip
def test_tcp_max_syn_backlog_bounds_half_open_connections(peers, family, sysctl):
    sysctl("net.ipv4.ip_local_port_range", "32768 60999")
    sysctl("net.core.somaxconn", 16)
    sysctl("net.ipv4.tcp_syncookies", 0)
    sysctl("net.ipv4.tcp_max_syn_backlog", 4)  # decisive
    listener = deferring(peers, family)
    listener.listen(16)
    for number in range(1, 5):
        caller(peers, family, listener, lane=f"client{number}")
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)

    with counted() as moved, fails(EINPROGRESS):
        late.connect(listener.getsockname())  # decisive

    until(lambda: moved["TcpExt.ListenDrops"] >= 1, what="a request that was dropped")
    assert tcp_info(late).state_name == "SYN_SENT"
    assert moved["TcpExt.SyncookiesSent"] == 0


@pytest.mark.claim("tcp.backlog.cookies-when-half-open-full")
@pytest.mark.needs("sock_diag", "sysctl:net.ipv4.tcp_syncookies", "sysctl:net.core.somaxconn")
@over_ip
def test_cookie_connects_where_no_place_is_left(peers, family, sysctl):
    sysctl("net.core.somaxconn", 16)
    sysctl("net.ipv4.tcp_syncookies", 1)
    listener = deferring(peers, family)
    listener.listen(1)  # decisive

    with counted() as moved:
        clients = [caller(peers, family, listener, lane=f"client{number}") for number in (1, 2, 3)]

        half = sum(each.state == "SYN_RECV" for each in sockets())
        one_of(half, {2: NEW, 1: OLD}, what="half-open connections")
        until(lambda: moved["TcpExt.SyncookiesRecv"] == 3 - half, what="each cookie returned")
        assert moved["TcpExt.SyncookiesSent"] == 3 - half
    assert length(listener) == 3 - half
    peers_taken = [take(peers, listener).getpeername() for _ in range(3 - half)]
    assert peers_taken == [client.getsockname() for client in clients[half:]]


@pytest.mark.claim("tcp.backlog.cookies-always")
@pytest.mark.needs("sysctl:net.ipv4.tcp_syncookies")
@over_ip
def test_cookie_is_sent_always_where_asked(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # else the SYN may carry ECE and CWR
    sysctl("net.ipv4.tcp_syncookies", 2)  # decisive
    listener = peers.listener(family)

    with counted() as moved:
        client = caller(peers, family, listener)  # decisive

        server = take(peers, listener)
        assert (moved["TcpExt.SyncookiesSent"], moved["TcpExt.SyncookiesRecv"]) == (1, 1)
        assert moved["TcpExt.SyncookiesFailed"] == 0
    client.send(b"ping")
    assert server.recv(100) == b"ping"
    server.send(b"pong")
    assert client.recv(100) == b"pong"
    wire.expect("server > client SYN ACK 0:0(0) ack 1")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.backlog.no-cookie-without-need")
@pytest.mark.needs("sysctl:net.ipv4.tcp_syncookies")
@pytest.mark.parametrize("setting", [0, 1])
@over_ip
def test_no_cookie_is_sent_while_there_is_room(peers, family, sysctl, setting):
    sysctl("net.core.somaxconn", 16)
    sysctl("net.ipv4.tcp_syncookies", setting)
    listener = peers.listener(family)

    with counted() as moved:
        caller(peers, family, listener)  # decisive

        take(peers, listener)
    assert (moved["TcpExt.SyncookiesSent"], moved["TcpExt.SyncookiesRecv"]) == (0, 0)
