"""What accept() gives: the next connection in order, its address, its flags; and when it gives none."""

import resource
from errno import EAGAIN, EINVAL, EMFILE, EOPNOTSUPP
from select import POLLIN, POLLOUT
from socket import AF_UNIX, SO_RCVTIMEO, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.queues import caller, length, take
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.waiting import readiness, ready, until
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_all, over_ip, over_ip_and_mapped, over_streams, over_unix, unix


@pytest.mark.claim("stream.accept.eagain-when-nobody-waits")
@over_all
def test_accept_on_a_non_blocking_listener_fails_when_nobody_waits(peers, family):
    listener = peers.listener(family)
    listener.setblocking(False)  # decisive

    with fails(EAGAIN):
        listener.accept()

    client = caller(peers, family, listener)
    client.send(b"hello")
    assert take(peers, listener).recv(100) == b"hello"
    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("stream.accept.waits")
@over_all
def test_accept_sleeps_until_a_connection_comes(peers, family):
    listener = peers.listener(family)
    with child(lambda: listener.accept()[0].recv(100)) as server:
        server.is_blocked_in("accept")
        client = caller(peers, family, listener)

        client.send(b"hello")  # decisive

        assert server.ends().value == b"hello"


@pytest.mark.claim("stream.accept.one-wakes-the-longest-waiting")
@pytest.mark.needs("processes:8")
@over_all
def test_connection_wakes_the_one_who_has_waited_longest(peers, family):
    listener = peers.listener(family)
    with child(lambda: bool(listener.accept())) as first:
        first.is_blocked_in("accept")
        with child(lambda: bool(listener.accept())) as second:
            second.is_blocked_in("accept")

            caller(peers, family, listener)  # decisive

            assert first.ends().value
            second.is_blocked_in("accept")
            caller(peers, family, listener, lane="other")
            assert second.ends().value


@pytest.mark.claim("stream.accept.waits")
@over_streams
def test_accept_waits_no_longer_than_so_rcvtimeo(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.1))  # decisive

    with lasts(at_least=0.1, slack=3), fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("unix.accept.records-wait")
def test_accept_of_records_sleeps_until_a_connection_comes(peers):
    listener = peers.socket("listener", AF_UNIX, SOCK_SEQPACKET)
    listener.bind(unix.address())
    listener.listen()
    with child(lambda: listener.accept()[0].recv(100)) as server:
        server.is_blocked_in("accept")
        client = peers.socket("client", AF_UNIX, SOCK_SEQPACKET)
        client.connect(listener.getsockname())

        client.send(b"hello")  # decisive

        assert server.ends().value == b"hello"


@pytest.mark.claim("stream.accept.first-come-first-served")
@pytest.mark.needs("listener-queue")
@over_ip_and_mapped
def test_tcp_connections_are_accepted_in_the_order_in_which_they_came(peers, family):
    listener = peers.listener(family)
    first, second = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second"))
    first.connect(listener.getsockname())  # decisive
    until(lambda: length(listener) == 1, what="the first in the queue")
    second.connect(listener.getsockname())  # decisive
    until(lambda: length(listener) == 2, what="both in the queue")

    earlier, later = take(peers, listener), take(peers, listener)

    assert (earlier.getpeername(), later.getpeername()) == (first.getsockname(), second.getsockname())
    assert readiness(listener) == 0


@pytest.mark.claim("stream.accept.first-come-first-served")
@over_unix
def test_unix_connections_are_accepted_in_the_order_in_which_they_came(peers, family):
    listener = peers.listener(family)
    for name in (b"first", b"second"):
        caller(peers, family, listener, lane=name.decode()).send(name)  # decisive

    names = [take(peers, listener).recv(100) for _ in range(2)]

    assert names == [b"first", b"second"]
    assert readiness(listener) == 0


@pytest.mark.claim("stream.accept.data-may-come-first")
@over_all
def test_data_sent_before_accept_is_read_after_it(peers, family):
    listener = peers.listener(family)
    client = caller(peers, family, listener)
    assert client.send(b"early") == 5  # decisive
    client.send(b" bird")  # decisive
    client.close()

    server = take(peers, listener)

    data = b"".join(iter(lambda: server.recv(100), b""))
    assert data == b"early bird"


@pytest.mark.claim("tcp.accept.handshake-without-it")
@over_ip
def test_handshake_ends_and_data_is_acknowledged_before_accept(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # else the SYN may carry ECE and CWR
    listener = peers.listener(family)
    client = caller(peers, family, listener)

    client.send(b"early")  # decisive

    wire.expect("client > listener SYN 0:0(0)")
    wire.expect("listener > client SYN ACK 0:0(0) ack 1")
    wire.expect("client > listener ACK 1:1(0) ack 1")
    wire.expect("client > listener 1:6(5)")
    wire.expect("listener > client ACK 1:1(0) ack 6")
    assert take(peers, listener).recv(100) == b"early"


@pytest.mark.claim("stream.accept.addresses")
@over_all
def test_accept_gives_the_address_of_the_client(peers, family):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.bind(family.address())
    client.connect(listener.getsockname())  # decisive

    server, address = listener.accept()

    peers.adopt(server)
    assert address == client.getsockname() == server.getpeername()
    assert server.getsockname() == listener.getsockname() == client.getpeername()
    assert server.fileno() != listener.fileno()


@pytest.mark.claim("stream.accept.listener-is-readable")
@over_all
def test_listener_is_readable_while_somebody_waits(peers, family):
    listener = peers.listener(family)
    assert readiness(listener) == 0

    caller(peers, family, listener, lane="first").send(b"1")  # decisive

    assert ready(listener, POLLIN | POLLOUT) == POLLIN
    take(peers, listener)  # decisive
    assert readiness(listener) == 0


@pytest.mark.claim("stream.accept.emfile-keeps-the-connection")
@over_all
def test_accept_without_a_free_descriptor_keeps_the_connection(peers, family):
    listener = peers.listener(family)
    client = caller(peers, family, listener)
    ready(listener, POLLIN)

    def starving_accept():
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # decisive
        listener.accept()

    with fails(EMFILE):
        in_child(starving_accept)
    assert readiness(listener) == POLLIN
    client.send(b"kept")
    assert take(peers, listener).recv(100) == b"kept"


@pytest.mark.claim("stream.accept.only-from-listeners")
@over_all
def test_socket_that_does_not_listen_accepts_nothing(peers, family):
    bound = peers.listener(family, backlog=None)
    client, server = peers.pair(family)

    with fails(EINVAL):
        bound.accept()  # decisive
    with fails(EINVAL):
        client.accept()  # decisive
    with fails(EINVAL):
        server.accept()  # decisive


@pytest.mark.claim("stream.accept.not-from-datagram-sockets")
@over_all
def test_datagram_socket_accepts_nothing(peers, family):
    member = peers.datagram(family, lane="datagram")

    with fails(EOPNOTSUPP):
        member.accept()  # decisive
