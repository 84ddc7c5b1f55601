"""SOCK_DESTROY: an administrator ends a socket, and what its owner and its peer then see."""

from errno import ECONNABORTED, ECONNREFUSED, ECONNRESET, EINVAL, ENOENT, EPERM, EPIPE
from select import POLLERR, POLLIN
from socket import SO_ERROR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.configuration.values.settings import unprivileged
from conformance.lifecycle.destroyed.diag import destroy
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip

by_an_administrator = pytest.mark.needs("sock-destroy")


@pytest.mark.claim("tcp.destroyed.owner-reads-econnaborted")
@by_an_administrator
@over_ip
def test_owner_reads_econnaborted_once(stream_pair):
    client, _ = stream_pair

    destroy(client)  # decisive

    assert readiness(client) & POLLERR
    with fails(ECONNABORTED):
        client.recv(1)
    assert client.recv(1) == b""
    with fails(EPIPE):
        client.send(b"too late")


@pytest.mark.claim("tcp.destroyed.error-in-so-error")
@by_an_administrator
@over_ip
def test_error_can_be_asked_for(stream_pair):
    client, _ = stream_pair

    destroy(client)  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNABORTED


@pytest.mark.claim("tcp.destroyed.peer-is-reset")
@by_an_administrator
@over_ip
def test_peer_is_reset(stream_pair, wire):
    client, server = stream_pair

    destroy(client)  # decisive

    wire.expect("client > server RST")
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.destroyed.listener-listens-no-more")
@by_an_administrator
@over_ip
def test_listener_listens_no_more(peers, family):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)
    listener.setblocking(False)
    name = listener.getsockname()

    destroy(listener)  # decisive

    with fails(EINVAL):
        listener.accept()
    with fails(ECONNREFUSED):
        client.connect(name)


@pytest.mark.claim("tcp.destroyed.by-cookie")
@by_an_administrator
@over_ip
def test_socket_of_another_cookie_is_left_alone(stream_pair):
    client, server = stream_pair

    with fails(ENOENT):
        destroy(client, cookie=b"\1" * 8)  # decisive

    client.send(b"still there")
    ready(server, POLLIN)
    assert server.recv(99) == b"still there"


@pytest.mark.claim("udp.destroyed.owner-reads-econnaborted")
@by_an_administrator
@over_ip
def test_owner_of_a_datagram_socket_reads_econnaborted(peers, family):
    end = peers.datagram(family, lane="end")
    end.setblocking(False)

    destroy(end)  # decisive

    with fails(ECONNABORTED):
        end.recv(1)


@pytest.mark.claim("socket.destroyed.needs-privilege")
@pytest.mark.needs("sock-destroy")
@over_ip
def test_nobody_else_may_end_a_socket(stream_pair):
    client, server = stream_pair

    with fails(EPERM):
        unprivileged(lambda: destroy(client))  # decisive

    client.send(b"still there")
    ready(server, POLLIN)
    assert server.recv(99) == b"still there"
