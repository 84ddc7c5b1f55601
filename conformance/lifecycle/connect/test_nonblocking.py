"""A connect() that does not wait: how its end is told, and what asking again gives meanwhile."""

from errno import EAFNOSUPPORT, EALREADY, ECONNREFUSED, ECONNRESET, EINPROGRESS, EISCONN, ENOTCONN
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, select
from socket import MSG_DONTWAIT, SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.lifecycle.abnormal_end.silence import hear_again
from conformance.lifecycle.connect.calls import (
    UNSPECIFIED,
    connect_raw,
    nonblocking,
    nowhere,
    pending_error,
    silent,
    sockaddr,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import poll_names, readiness, ready
from fixtures.stage.families import ip4, ip6, over, over_ip, over_streams, over_unix, unix

OTHER = {ip4: ip6, ip6: ip4}
LONGEST = 28
"""Bytes of a struct sockaddr_in6: no address is too short for either family."""


@pytest.mark.claim("tcp.connect.nonblocking-einprogress")
@over_ip
def test_non_blocking_connect_is_told_later(peers, family):
    listener = peers.listener(family)
    client = nonblocking(peers, family)

    with fails(EINPROGRESS):
        client.connect(listener.getsockname())  # decisive

    assert ready(client, POLLOUT) == POLLOUT
    assert pending_error(client) == 0
    assert client.getpeername() == listener.getsockname()


@pytest.mark.claim("tcp.connect.nonblocking-does-not-wait")
@pytest.mark.needs("filter")
@over_ip
def test_non_blocking_connect_does_not_wait_for_an_answer(peers, family):
    listener = silent(peers, family)
    client = nonblocking(peers, family)

    with fails(EINPROGRESS):
        client.connect(listener.getsockname())  # decisive

    assert tcp_info(client).state_name == "SYN_SENT"
    with fails(ENOTCONN):
        client.getpeername()


@pytest.mark.claim("tcp.connect.pending-not-writable")
@pytest.mark.needs("filter")
@over_ip
def test_waiting_for_a_connection_can_be_given_up(peers, family):
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(silent(peers, family).getsockname())  # decisive

    assert poll_names(readiness(client, POLLIN | POLLOUT)) == "none"
    assert select([], [client], [], 0.02) == ([], [], [])


@pytest.mark.claim("tcp.connect.writable-on-failure-too")
@over_ip
def test_client_is_writable_when_the_connection_has_failed(peers, family):
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(nowhere(peers, family))  # decisive

    seen = ready(client, POLLOUT)

    assert poll_names(seen) == poll_names(POLLOUT | POLLERR | POLLHUP)
    assert select([], [client], [], 0)[1] == [client]
    assert pending_error(client) == ECONNREFUSED


@pytest.mark.claim("socket.so-error.cleared-when-read")
@over_ip
def test_so_error_tells_the_failure_once(peers, family):
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(nowhere(peers, family))  # decisive
    ready(client, POLLOUT)

    assert pending_error(client) == ECONNREFUSED
    assert pending_error(client) == 0


@pytest.mark.claim("tcp.connect.failure-told-by-the-next-call")
@over_ip
def test_the_next_call_tells_a_failure_that_was_not_asked_for(peers, family):
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(nowhere(peers, family))  # decisive
    ready(client, POLLOUT)

    with fails(ECONNREFUSED):
        client.recv(1)
    assert pending_error(client) == 0


@pytest.mark.claim("tcp.connect.pending-ealready")
@pytest.mark.needs("filter")
@over_ip
def test_connect_again_while_it_is_under_way(peers, family):
    listener = silent(peers, family)
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(listener.getsockname())

    with fails(EALREADY):
        client.connect(listener.getsockname())  # decisive


@pytest.mark.claim("tcp.connect.again-succeeds-once")
@over_ip
def test_connect_again_tells_the_success_once(peers, family):
    listener = peers.listener(family)
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(listener.getsockname())
    ready(client, POLLOUT)

    client.connect(listener.getsockname())

    with fails(EISCONN):
        client.connect(listener.getsockname())  # decisive


@pytest.mark.claim("stream.connect.connected-eisconn")
@over_streams
def test_connected_stream_cannot_connect_again(peers, family):
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())

    with fails(EISCONN):
        client.connect(listener.getsockname())  # decisive


@pytest.mark.claim("unix.connect.nonblocking-at-once")
@over_unix
def test_non_blocking_connect_of_unix_sockets_is_done_at_once(peers, family):
    listener = peers.listener(family)
    client = nonblocking(peers, family)

    client.connect(listener.getsockname())  # decisive

    assert client.getpeername() == listener.getsockname()


@pytest.mark.claim("stream.connect.other-family")
@over_ip
def test_address_of_another_family_is_refused(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)
    name = sockaddr(OTHER[family], (OTHER[family].loopback, 9)).ljust(LONGEST, b"\0")

    with fails(EAFNOSUPPORT):
        connect_raw(client, name)  # decisive


@pytest.mark.claim("tcp.connect.unspecified-dissolves")
@over_ip
def test_af_unspec_dissolves_a_connection(peers, stream_pair, family):
    client, _ = stream_pair
    listener = peers.listener(family)

    connect_raw(client, UNSPECIFIED)  # decisive

    with fails(ENOTCONN):
        client.getpeername()
    client.connect(listener.getsockname())
    assert client.getpeername() == listener.getsockname()


@pytest.mark.claim("tcp.connect.unspecified-resets")
@over_ip
def test_af_unspec_resets_the_connection(stream_pair, wire):
    client, server = stream_pair

    connect_raw(client, UNSPECIFIED)  # decisive

    wire.expect("client > server RST")
    wire.never("client > server FIN")
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("datagram.connect.again-changes-the-peer")
@over_streams
def test_datagram_socket_can_connect_again(peers, family):
    first, second = peers.datagram(family, lane="first"), peers.datagram(family, lane="second")
    client = peers.socket("client", family.domain, SOCK_DGRAM)
    client.connect(first.getsockname())

    client.connect(second.getsockname())  # decisive

    assert client.getpeername() == second.getsockname()
    client.send(b"to the new one")
    assert second.recv(100) == b"to the new one"


@pytest.mark.claim("datagram.connect.again-changes-the-peer")
@over_ip
def test_datagram_socket_that_connected_again_hears_its_new_peer_alone(peers, family):
    first, second = peers.datagram(family, lane="first"), peers.datagram(family, lane="second")
    client = peers.socket("client", family.domain, SOCK_DGRAM)
    client.connect(first.getsockname())

    client.connect(second.getsockname())  # decisive

    first.sendto(b"from the old one", client.getsockname())
    second.sendto(b"from the new one", client.getsockname())
    assert client.recv(100) == b"from the new one"


@pytest.mark.claim("datagram.connect.again-keeps-the-own-name")
@over_ip
def test_datagram_socket_keeps_its_own_name_when_it_connects_again(peers, family):
    first, second = peers.datagram(family, lane="first"), peers.datagram(family, lane="second")
    client = peers.socket("client", family.domain, SOCK_DGRAM)
    client.connect(first.getsockname())
    name = client.getsockname()

    client.connect(second.getsockname())
    client.send(b"from where")  # decisive

    assert second.recvfrom(100) == (b"from where", name)
    assert client.getsockname() == name


@pytest.mark.claim("datagram.connect.unspecified-dissolves")
@over(ip4, ip6, unix)
def test_af_unspec_dissolves_the_association(peers, family):
    client = peers.socket("client", family.domain, SOCK_DGRAM)
    client.connect(peers.datagram(family, lane="peer").getsockname())

    connect_raw(client, UNSPECIFIED)  # decisive

    with fails(ENOTCONN):
        client.getpeername()


@pytest.mark.claim("datagram.connect.unspecified-gives-the-name-back")
@over_ip
def test_af_unspec_gives_back_the_name_that_connect_chose(peers, family):
    peer = peers.datagram(family, lane="peer")
    client, bound = peers.socket("client", family.domain, SOCK_DGRAM), peers.datagram(family, lane="bound")
    for end in (client, bound):
        end.connect(peer.getsockname())

    connect_raw(client, UNSPECIFIED)  # decisive
    connect_raw(bound, UNSPECIFIED)

    assert client.getsockname()[:2] == (family.wildcard, 0)
    assert bound.getsockname()[0] == family.loopback


@pytest.mark.beside
@pytest.mark.claim("tcp.connect.answer-ends-the-waiting")
@pytest.mark.needs("filter")
@over_ip
def test_client_becomes_writable_when_the_answer_comes(peers, family):
    listener = silent(peers, family)
    client = nonblocking(peers, family)
    with fails(EINPROGRESS):
        client.connect(listener.getsockname())
    assert readiness(client, POLLOUT) == 0

    hear_again(listener)  # decisive

    assert ready(client, POLLOUT) == POLLOUT


@pytest.mark.claim("datagram.connect.nonblocking-at-once")
@over_streams
def test_nonblocking_datagram_socket_is_connected_at_once(peers, family):
    peer = peers.datagram(family, lane="peer")
    client = peers.socket("client", family.domain, SOCK_DGRAM)
    client.setblocking(False)

    client.connect(peer.getsockname())  # decisive

    client.send(b"at once")
    assert peer.recv(100) == b"at once"


@pytest.mark.claim("datagram.connect.keeps-what-is-queued")
@over_streams
def test_datagram_that_came_before_the_connection_is_received(peers, family):
    stranger, peer = (peers.datagram(family, lane=lane) for lane in ("stranger", "peer"))
    client = peers.datagram(family, lane="client")
    stranger.sendto(b"before", client.getsockname())
    ready(client, POLLIN)

    client.connect(peer.getsockname())  # decisive

    assert client.getpeername() == peer.getsockname()
    assert client.recv(100, MSG_DONTWAIT) == b"before"
