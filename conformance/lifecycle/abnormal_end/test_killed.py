"""The peer's process is killed: what its end of the connection does, and what the other end reads."""

from contextlib import contextmanager
from errno import ECONNRESET
from select import POLLHUP, POLLIN
from signal import SIGKILL, SIGPIPE, SIGTERM, pause

import pytest

from conformance.stream.sigpipe.signals import by_default
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child, dies_of
from fixtures.stage.families import over_all, over_ip

signals = pytest.mark.parametrize("number", [SIGKILL, SIGTERM], ids=["SIGKILL", "SIGTERM"])


@contextmanager
def client_process(peers, family):
    """A process that has connected, has sent three bytes and waits for its end; and the server's end."""
    listener = peers.listener(family)

    def stay():
        peers.connecting(family, listener.getsockname()).send(b"abc")
        pause()

    with child(stay) as process:
        server = peers.accepting(listener)
        ready(server, POLLIN)
        yield process, server


@pytest.mark.claim("stream.abnormal-end.killed-peer-reads-eof")
@signals
@over_all
def test_end_of_file_when_the_peer_is_killed(peers, family, number):
    with client_process(peers, family) as (process, server):
        process.kill(number)  # decisive
        process.ends()

    assert (server.recv(3), server.recv(1), server.recv(1)) == (b"abc", b"", b"")


@pytest.mark.claim("tcp.abnormal-end.killed-peer-sends-fin")
@signals
@over_ip
def test_kernel_sends_the_fin_of_a_killed_process(peers, family, number, wire):
    with client_process(peers, family) as (process, server):
        process.kill(number)  # decisive
        process.ends()

    assert (server.recv(3), server.recv(1)) == (b"abc", b"")
    wire.expect("* > server FIN")
    wire.never("* > * RST")


@pytest.mark.claim("stream.abnormal-end.killed-with-unread-resets")
@signals
@over_all
def test_error_when_the_peer_is_killed_before_it_has_read(peers, family, number):
    with client_process(peers, family) as (process, server):
        assert server.recv(3) == b"abc"
        server.send(b"not read")  # decisive
        process.kill(number)  # decisive
        process.ends()

    ready(server, POLLHUP)
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("stream.abnormal-end.killed-with-unread-resets")
@over_ip
def test_kernel_resets_for_a_killed_process_that_had_not_read(peers, family, wire):
    with client_process(peers, family) as (process, server):
        server.send(b"not read")  # decisive
        process.kill()  # decisive
        process.ends()

    wire.expect("* > server RST")
    wire.never("* > server FIN")


@pytest.mark.claim("tcp.abnormal-end.second-send-after-a-kill")
@signals
@over_ip
def test_send_after_a_kill_succeeds_and_the_next_one_raises_sigpipe(peers, family, number):
    with client_process(peers, family) as (process, server):
        process.kill(number)  # decisive
        process.ends()
    assert (server.recv(3), server.recv(1)) == (b"abc", b"")

    assert server.send(b"taken") == 5

    ready(server, POLLHUP)
    dies_of(SIGPIPE, by_default(lambda: server.send(b"deadly")))
