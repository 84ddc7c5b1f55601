"""What becomes of those who wait, and of those who were accepted, when the listener is closed."""

from errno import ECONNREFUSED, ECONNRESET
from select import POLLERR, POLLHUP, POLLIN
from socket import SO_ERROR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.queues import caller, half_open, queued, take
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import Ends, is_in
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_all, over_ip


@pytest.mark.claim("stream.backlog.close-resets-those-who-wait")
@over_all
def test_client_that_waits_reads_a_reset_when_the_listener_is_closed(peers, family):
    listener = peers.listener(family)
    client = caller(peers, family, listener)
    ready(listener, POLLIN)

    listener.close()  # decisive

    ready(client, POLLIN)
    with fails(ECONNRESET):
        client.recv(1)
    assert client.recv(1) == b""


@pytest.mark.claim("stream.backlog.close-tells-an-error")
@over_all
def test_client_that_waits_is_told_of_an_error_when_the_listener_is_closed(peers, family):
    listener = peers.listener(family)
    client = caller(peers, family, listener)
    ready(listener, POLLIN)

    listener.close()  # decisive

    assert ready(client, POLLIN) & (POLLERR | POLLHUP) == POLLERR | POLLHUP
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNRESET
    assert not readiness(client, POLLIN) & POLLERR


@pytest.mark.claim("tcp.backlog.close-sends-rst")
@pytest.mark.needs("sock_diag")
@over_ip
def test_close_of_the_listener_sends_a_reset_to_each_who_waits(peers, family, wire):
    listener = peers.listener(family)
    one, other = queued(peers, family, listener, 2)
    ends = Ends.of(other)

    listener.close()  # decisive

    wire.expect("listener > client1 RST 1:1(0)")
    wire.expect("listener > client2 RST 1:1(0)")
    wire.never("listener > * FIN")
    with fails(ECONNRESET):
        one.recv(1)
    with fails(ECONNRESET):
        other.recv(1)
    is_in(ends, "CLOSE")


@pytest.mark.claim("tcp.backlog.close-forgets-half-open")
@over_ip
def test_half_open_connection_is_reset_only_when_it_speaks(peers, family, wire, sysctl):
    listener, (client,) = half_open(peers, family, sysctl, "client")

    listener.close()  # decisive

    wire.never("listener > client RST")
    wire.never("listener > client FIN")
    client.send(b"hello")
    wire.expect("client > listener 1:6(5)")
    wire.expect("listener > client RST 1:1(0)")
    with fails(ECONNRESET):
        client.recv(1)


@pytest.mark.claim("stream.backlog.close-refuses-newcomers")
@over_all
def test_nobody_new_is_let_in_after_the_listener_is_closed(peers, family):
    listener = peers.listener(family)
    address = listener.getsockname()
    listener.close()  # decisive

    late = peers.socket("late", family.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        late.connect(address)


@pytest.mark.claim("stream.backlog.close-spares-the-accepted")
@over_all
def test_accepted_connection_outlives_its_listener(peers, family):
    listener = peers.listener(family)
    client = caller(peers, family, listener)
    server = take(peers, listener)
    waiting = caller(peers, family, listener, lane="waiting")
    ready(listener, POLLIN)

    listener.close()  # decisive

    with fails(ECONNRESET):
        waiting.recv(1)
    client.send(b"ping")
    assert server.recv(100) == b"ping"
    server.send(b"pong")
    assert client.recv(100) == b"pong"
