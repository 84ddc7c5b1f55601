"""How long close() takes with SO_LINGER on and seconds to wait, and what becomes of bytes not yet sent."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET
from threading import main_thread

import pytest

from conformance.lifecycle.linger.unsent import drain, jammed, late_reader
from fixtures.evidence.expect import lasts, linger
from fixtures.evidence.kernel_view import Ends, is_in, reaches
from fixtures.stage.families import ip6, over, over_ip, over_ip4

LONG = 5
"""Seconds, more than a reader needs; where they were too few, nothing would be lost."""


@contextmanager
def handled(number: signal.Signals) -> Iterator[None]:
    """A signal that is caught and does nothing while the block runs, but for interrupting calls."""
    before = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.claim("tcp.linger.positive-waits")
@over_ip
def test_close_waits_until_the_peer_has_taken_everything(peers, family):
    (client, server), sent = jammed(peers, family)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=LONG))  # decisive

    with late_reader(server) as reader:
        client.close()
        reader.closed.set()

    assert reader.awaited
    assert reader.received == sent


@pytest.mark.claim("tcp.linger.nonblocking-waits-too")
@over_ip
def test_close_of_a_non_blocking_socket_waits_too(peers, family):
    (client, server), sent = jammed(peers, family)
    client.setblocking(False)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=LONG))  # decisive

    with late_reader(server) as reader:
        client.close()
        reader.closed.set()

    assert reader.awaited
    assert reader.received == sent


@pytest.mark.claim("tcp.linger.returns-when-acknowledged")
@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])
@over_ip
def test_close_returns_early_when_nothing_is_left_to_wait_for(stream_pair, blocking):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=5))
    client.setblocking(blocking)
    client.send(b"taken")

    with lasts(slack=3):
        client.close()  # decisive

    assert server.recv(100) == b"taken"
    assert server.recv(1) == b""


@pytest.mark.claim("tcp.linger.returns-when-acknowledged")
@over_ip
def test_lingering_close_sends_fin_and_no_reset(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=5))
    client.send(b"taken")

    with lasts(slack=3):
        client.close()  # decisive

    assert server.recv(100) == b"taken"
    assert server.recv(1) == b""
    wire.expect("client > server FIN")
    wire.expect("server > client ACK (0)")
    wire.never("client > server RST")


@pytest.mark.beside
@pytest.mark.claim("tcp.linger.timeout-loses-nothing")
@over_ip4
def test_everything_arrives_after_the_linger_time_has_passed(peers, family):
    (client, server), sent = jammed(peers, family)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=2))  # decisive

    with lasts(at_least=2, slack=3):
        client.close()  # decisive

    drain(server, received := bytearray())
    assert received == sent


@pytest.mark.beside
@pytest.mark.claim("tcp.linger.timeout-loses-nothing")
@pytest.mark.needs("sock_diag")
@over(ip6)
def test_linger_time_out_ends_with_fin_and_not_with_a_reset(peers, family, wire):
    (client, server), sent = jammed(peers, family)
    ends = Ends.of(client)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=1))  # decisive

    with lasts(at_least=1, slack=3):
        client.close()  # decisive
    is_in(ends, "FIN_WAIT1")
    drain(server, received := bytearray())

    assert received == sent
    wire.expect("client > server FIN")
    wire.never("client > server RST")


@pytest.mark.claim("tcp.linger.signal-ends-wait")
@pytest.mark.needs("sock_diag")
@over_ip
def test_a_signal_ends_the_wait_and_loses_nothing(peers, family):
    (client, server), sent = jammed(peers, family)
    ends = Ends.of(client)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=5))

    def interrupt():
        reaches(ends, "FIN_WAIT1")
        signal.pthread_kill(main_thread().ident, signal.SIGUSR1)  # decisive

    with handled(signal.SIGUSR1), ThreadPoolExecutor(1) as pool, lasts(slack=3):
        pool.submit(interrupt)
        client.close()  # decisive

    drain(server, received := bytearray())
    assert received == sent


@pytest.mark.claim("tcp.linger.shutdown-does-not-wait")
@over_ip
def test_shutdown_does_not_wait(peers, family):
    (client, server), sent = jammed(peers, family)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=5))

    with lasts(slack=3):
        client.shutdown(SHUT_WR)  # decisive

    drain(server, received := bytearray())
    assert received == sent


@pytest.mark.claim("tcp.linger.off-closes-in-background")
@pytest.mark.parametrize("seconds", [0, 5])
@over_ip
def test_close_without_linger_returns_at_once_and_loses_nothing(peers, family, seconds):
    (client, server), sent = jammed(peers, family)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=False, seconds=seconds))

    with lasts(slack=3):
        client.close()  # decisive

    drain(server, received := bytearray())
    assert received == sent


@pytest.mark.claim("tcp.linger.off-closes-in-background")
@pytest.mark.needs("sock_diag")
@over_ip
def test_close_without_linger_leaves_the_sending_to_the_kernel(peers, family, wire):
    (client, server), sent = jammed(peers, family)
    ends = Ends.of(client)

    client.close()  # decisive
    is_in(ends, "FIN_WAIT1")
    drain(server, received := bytearray())

    assert received == sent
    wire.expect("client > server FIN")
    wire.never("client > server RST")
