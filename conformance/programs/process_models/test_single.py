"""A server with one process and one thread: whom it serves, and where it listens if it was never bound."""

from errno import ECONNREFUSED
from select import POLLIN
from socket import INADDR_ANY, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.programs.process_models.servers import asked, in_order
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child
from fixtures.stage.families import ip4, ip6, over_ip, over_ip4, over_streams
from fixtures.stage.sysctls import read_sysctl


@pytest.mark.claim("stream.single.one-client-at-a-time")
@over_streams
def test_second_client_is_connected_and_served_when_the_first_has_gone(peers, family):
    listener = peers.listener(family)
    with child(lambda: in_order(listener, 2)) as server:
        first = peers.connecting(family, listener.getsockname(), lane="first")
        second = peers.connecting(family, listener.getsockname(), lane="second")
        second.send(b"second")
        assert asked(first, b"first") == b"first"
        assert asked(first, b"again") == b"again"
        assert readiness(second, POLLIN) == 0
        first.close()  # decisive

        ready(second, POLLIN)
        assert second.recv(100) == b"second"
        second.close()
        assert server.ends().status == 0


@pytest.mark.claim("stream.single.one-client-at-a-time")
@over_ip
def test_second_client_gets_its_handshake_and_no_data(peers, family, wire):
    listener = peers.listener(family)
    with child(lambda: in_order(listener, 2)):
        first = peers.connecting(family, listener.getsockname(), lane="first")
        second = peers.connecting(family, listener.getsockname(), lane="second")
        second.send(b"second")  # decisive
        assert asked(first, b"first") == b"first"

        wire.expect("second > listener SYN")
        wire.expect("listener > second SYN ACK")
        wire.never("listener > second any (1..)")
        first.close()
        wire.expect("listener > second any (6)")


@pytest.mark.claim("stream.single.answers-and-exits")
@over_streams
def test_server_of_one_connection_answers_and_exits(peers, family):
    listener = peers.listener(family)

    def serve():
        connection, _ = listener.accept()
        question = connection.recv(100)
        connection.send(b"received")  # decisive
        connection.close()
        listener.close()
        return question

    with child(serve) as server:
        client = peers.connecting(family, listener.getsockname())
        listener.close()
        assert asked(client, b"hello") == b"received"
        assert client.recv(1) == b""
        assert server.ends().value == b"hello"
    with fails(ECONNREFUSED):
        peers.socket("late", family.domain, SOCK_STREAM).connect(client.getpeername())


@pytest.mark.claim("tcp.single.server-sends-the-first-fin")
@over_ip
def test_server_that_closes_first_sends_the_first_fin(peers, family, wire):
    client, server = peers.pair(family)
    client.send(b"hello")
    assert server.recv(100) == b"hello"
    server.send(b"received")

    server.close()  # decisive
    assert client.recv(100) == b"received"
    assert client.recv(1) == b""
    client.close()

    wire.expect("client > server any (5)")
    wire.expect("server > client any (8)")
    wire.expect("server > client FIN")
    wire.expect("client > server FIN")


@pytest.mark.claim("tcp.single.address-without-bind")
@over_ip4
def test_socket_that_was_never_bound_has_no_port_until_it_listens(peers, family):
    end = peers.socket("listener", family.domain, SOCK_STREAM)
    end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    assert end.getsockname() == (family.wildcard, INADDR_ANY)

    end.listen(1)  # decisive

    low, high = (int(each) for each in read_sysctl("net.ipv4.ip_local_port_range").split())
    host, port = end.getsockname()
    assert host == family.wildcard
    assert low <= port <= high
    peers.connecting(ip4, (ip4.loopback, port))


@pytest.mark.claim("tcp.single.ipv4-listener-refuses-ipv6")
@pytest.mark.needs("ipv6", "own-ports")
def test_listener_of_af_inet_is_not_reached_by_ipv6(peers):
    listener = peers.socket("listener", ip4.domain, SOCK_STREAM)
    listener.bind((ip4.wildcard, 0))
    listener.listen(1)
    port = listener.getsockname()[1]

    with fails(ECONNREFUSED):
        peers.connecting(ip6, (ip6.loopback, port))  # decisive

    peers.connecting(ip4, (ip4.loopback, port))
