"""What listen() does to a socket, and which sockets cannot listen."""

from errno import EADDRINUSE, ECONNREFUSED, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPIPE
from socket import MSG_DONTWAIT, MSG_NOSIGNAL, SO_ACCEPTCONN, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.queues import caller, take
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_all, over_ip, over_ip_and_mapped, over_unix
from fixtures.stage.namespaces import fresh_namespace
from fixtures.stage.sysctls import read_sysctl


@pytest.mark.claim("stream.backlog.refused-before-listen")
@over_all
def test_bound_socket_refuses_until_it_listens(peers, family):
    bound = peers.listener(family, backlog=None)
    client = peers.socket("early", family.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect(bound.getsockname())  # decisive

    bound.listen(1)  # decisive
    late = caller(peers, family, bound)
    late.send(b"hello")
    assert take(peers, bound).recv(100) == b"hello"


@pytest.mark.claim("tcp.backlog.rst-before-listen")
@over_ip
def test_request_to_a_bound_port_is_answered_with_reset(peers, family, wire, sysctl):
    sysctl("net.ipv4.tcp_ecn", 0)  # else the SYN may carry ECE and CWR
    bound = peers.listener(family, backlog=None)
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect(bound.getsockname())  # decisive

    wire.expect("client > listener SYN 0:0(0)")
    reset = wire.expect("listener > client RST ACK (0) ack 1")
    assert reset.layers["TCP"].seq == 0
    wire.never("listener > client SYN")
    assert tcp_info(client).state_name == "CLOSE"


@pytest.mark.claim("stream.backlog.so-acceptconn-tells")
@over_all
def test_so_acceptconn_tells_whether_a_socket_listens(peers, family):
    listener = peers.listener(family, backlog=None)
    assert listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0

    listener.listen(1)  # decisive

    assert listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 1
    client = caller(peers, family, listener)
    server = take(peers, listener)
    assert client.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0
    assert server.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0


@pytest.mark.claim("stream.backlog.so-acceptconn-read-only")
@over_all
def test_so_acceptconn_cannot_be_set(peers, family):
    listener = peers.listener(family, backlog=1)

    with fails(ENOPROTOOPT):
        listener.setsockopt(SOL_SOCKET, SO_ACCEPTCONN, 0)  # decisive

    assert listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 1


@pytest.mark.claim("tcp.backlog.unbound-listen-binds")
@over_ip
def test_listen_on_an_unbound_socket_chooses_a_port_on_every_address(peers, family):
    listener = peers.socket("listener", family.domain, SOCK_STREAM)
    assert listener.getsockname()[:2] == (family.wildcard, 0)

    listener.listen(1)  # decisive

    host, port = listener.getsockname()[:2]
    assert host == family.wildcard
    assert port > 0
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.connect((family.loopback, port))
    assert take(peers, listener).getpeername() == client.getsockname()


@pytest.mark.claim("unix.backlog.listen-needs-a-name")
@over_unix
def test_unix_socket_without_a_name_cannot_listen(peers, family):
    unnamed = peers.socket("unnamed", family.domain, SOCK_STREAM)

    with fails(EINVAL):
        unnamed.listen(1)  # decisive

    assert unnamed.getsockname() == ""
    assert unnamed.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0


@pytest.mark.claim("stream.backlog.connected-cannot-listen")
@over_all
def test_connected_socket_cannot_listen(stream_pair):
    client, server = stream_pair

    with fails(EINVAL):
        client.listen(1)  # decisive
    with fails(EINVAL):
        server.listen(1)  # decisive

    client.send(b"still here")
    assert server.recv(100) == b"still here"


@pytest.mark.claim("stream.backlog.datagram-cannot-listen")
@over_all
def test_datagram_socket_cannot_listen(peers, family):
    member = peers.datagram(family, lane="datagram")

    with fails(EOPNOTSUPP):
        member.listen(1)  # decisive

    assert member.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0


@pytest.mark.claim("tcp.backlog.one-listener-to-a-port")
@over_ip_and_mapped
def test_second_listener_on_the_same_port_is_refused(peers, family):
    first, second = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("first", "second"))
    first.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    second.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    first.bind(family.address())
    second.bind(first.getsockname())
    first.listen(1)  # decisive

    with fails(EADDRINUSE):
        second.listen(1)  # decisive

    assert second.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0
    client = caller(peers, family, first)
    assert take(peers, first).getpeername() == client.getsockname()


@pytest.mark.claim("socket.somaxconn.default-4096")
@pytest.mark.needs("kernel>=5.4", "namespace")
def test_somaxconn_of_a_new_namespace_is_4096():
    setting = "net.core.optmem_max"
    setting = "net.core.somaxconn"  # decisive

    with fresh_namespace():
        assert read_sysctl(setting) == "4096"


@pytest.mark.claim("tcp.listener.no-data")
@over_ip
def test_listener_neither_receives_nor_sends(peers, family):
    listener = peers.pair(family).server
    listener = peers.listener(family)  # decisive

    with fails(ENOTCONN):
        listener.recv(1, MSG_DONTWAIT)
    with fails(EPIPE, accepted={ENOTCONN: "send(2) ERRORS, ENOTCONN"}):
        listener.send(b"!", MSG_NOSIGNAL)
