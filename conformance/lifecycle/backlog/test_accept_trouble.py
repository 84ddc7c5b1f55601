"""Connections that were reset, or finished, before accept() took them; and listeners that are shut down."""

from errno import ECONNREFUSED, ECONNRESET, EINVAL
from socket import SHUT_RD, SHUT_RDWR, SHUT_WR, SO_ACCEPTCONN, SO_LINGER, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.queues import caller, length, queued, take
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.kernel_view import Ends, reaches
from fixtures.stage.children import child
from fixtures.stage.families import over_all, over_ip, over_ip_and_mapped, over_unix


@pytest.mark.claim("tcp.accept.reset-connection-is-given")
@pytest.mark.needs("listener-queue")
@over_ip
def test_connection_that_was_reset_is_still_given_and_fails_on_use(peers, family, wire):
    listener = peers.listener(family)
    (client,) = queued(peers, family, listener, 1)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    client.close()  # decisive
    wire.expect("client1 > listener RST")
    wire.settle()

    server, address = listener.accept()

    peers.adopt(server)
    assert address[1] > 0
    with fails(ECONNRESET):
        server.recv(1)
    assert server.recv(1) == b""


@pytest.mark.claim("tcp.accept.finished-connection-is-given")
@pytest.mark.needs("sock_diag")
@over_ip
def test_connection_that_the_client_closed_is_given_in_close_wait(peers, family):
    listener = peers.listener(family)
    (client,) = queued(peers, family, listener, 1)
    ends = Ends.of(client)
    client.send(b"farewell")
    client.close()  # decisive
    reaches(ends.reversed, "CLOSE_WAIT")

    server = take(peers, listener)

    assert server.recv(100) == b"farewell"
    assert server.recv(100) == b""


@pytest.mark.claim("stream.accept.shutdown-wakes-it")
@over_all
def test_shutdown_of_the_listener_wakes_accept(peers, family):
    listener = peers.listener(family)
    with child(listener.accept) as waiting:
        waiting.is_blocked_in("accept")

        listener.shutdown(SHUT_RD)  # decisive

        with fails(EINVAL):
            waiting.ends()
    with fails(EINVAL):
        listener.accept()


@pytest.mark.claim("tcp.accept.shutdown-ends-listening")
@pytest.mark.needs("listener-queue")
@pytest.mark.parametrize("how", [SHUT_RD, SHUT_RDWR])
@over_ip_and_mapped
def test_shutdown_of_the_read_side_ends_listening_until_listen_again(peers, family, how):
    listener = peers.listener(family)
    (waiting,) = queued(peers, family, listener, 1)

    listener.shutdown(how)  # decisive

    with fails(ECONNRESET):
        waiting.recv(1)
    assert listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0
    late = peers.socket("late", family.domain, SOCK_STREAM)
    with fails(ECONNREFUSED):
        late.connect(listener.getsockname())
    listener.listen(1)
    client = caller(peers, family, listener)
    assert take(peers, listener).getpeername() == client.getsockname()


@pytest.mark.claim("unix.accept.shutdown-refuses-newcomers")
@over_unix
def test_shutdown_of_a_unix_listener_refuses_newcomers_and_keeps_those_who_wait(peers, family):
    listener = peers.listener(family)
    waiting = caller(peers, family, listener, lane="waiting")
    waiting.send(b"here first")

    listener.shutdown(SHUT_RD)  # decisive

    late = peers.socket("late", family.domain, SOCK_STREAM)
    with fails(ECONNREFUSED):
        late.connect(listener.getsockname())
    assert take(peers, listener).recv(100) == b"here first"
    with fails(EINVAL):
        listener.accept()


@pytest.mark.claim("tcp.accept.shut-wr-changes-nothing")
@pytest.mark.needs("listener-queue")
@over_ip_and_mapped
def test_shutdown_of_the_write_side_of_a_listener_changes_nothing(peers, family):
    listener = peers.listener(family)
    queued(peers, family, listener, 1)

    listener.shutdown(SHUT_WR)

    assert listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 1
    assert length(listener) == 1
    client = caller(peers, family, listener)
    client.send(b"welcome")  # decisive
    take(peers, listener)
    assert take(peers, listener).recv(100) == b"welcome"


@pytest.mark.claim("tcp.accept.name-of-who-has-gone")
@pytest.mark.needs("listener-queue")
@over_ip
def test_name_of_a_client_that_has_closed_is_given(peers, family, wire):
    listener = peers.listener(family)
    (client,) = queued(peers, family, listener, 1)
    name = client.getsockname()
    client.close()  # decisive
    wire.expect("client1 > listener FIN")
    wire.settle()

    server, address = listener.accept()

    peers.adopt(server)
    assert address == name
    assert server.recv(1) == b""
