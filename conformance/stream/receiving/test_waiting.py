"""A receive that finds nothing: how long it waits, and what a signal makes of it."""

from errno import EAGAIN, EINTR, EWOULDBLOCK
from signal import SIGALRM, siginterrupt
from socket import SO_RCVTIMEO, SOL_SOCKET

import pytest

from conformance.stream.receiving.raw import recv
from conformance.stream.sending.raw import alarm_again_and_again, interrupt, signal_pair, tell_of_alarms
from fixtures.evidence.expect import fails, timeval
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_streams


@pytest.mark.claim("stream.receive.waits-for-data")
@over_streams
def test_receive_sleeps_until_data_comes(stream_pair):
    client, server = stream_pair

    with child(lambda: server.recv(100)) as reader:
        reader.is_blocked_in("recv")
        client.send(b"data")  # decisive
        assert reader.ends().value == b"data"


@pytest.mark.claim("stream.receive.nonblocking-empty-fails")
@over_streams
def test_non_blocking_receive_of_nothing_fails(stream_pair):
    client, server = stream_pair
    server.setblocking(False)  # decisive

    with fails(EAGAIN):
        server.recv(100)

    client.send(b"data")
    server.setblocking(True)
    assert server.recv(100) == b"data"
    assert EWOULDBLOCK == EAGAIN


@pytest.mark.claim("stream.receive.signal-before-data-fails")
@over_streams
def test_signal_before_any_data_ends_receive_with_eintr(stream_pair):
    client, server = stream_pair

    def receiving():
        alarm_again_and_again()  # decisive
        return recv(server, 100)

    with fails(EINTR):
        in_child(receiving)
    client.send(b"data")
    assert recv(server, 100) == b"data"


@pytest.mark.claim("stream.receive.sa-restart-continues")
@over_streams
def test_receive_goes_on_after_a_handler_with_sa_restart(stream_pair):
    client, server = stream_pair

    with signal_pair() as (reader, writer):

        def receiving():
            tell_of_alarms(writer)
            siginterrupt(SIGALRM, False)  # decisive
            return recv(server, 100)

        with child(receiving) as receiver:
            interrupt(receiver, "recv", reader)
            client.send(b"data")
            assert receiver.ends().value == b"data"


@pytest.mark.claim("stream.receive.timeout-never-restarts")
@over_streams
def test_receive_with_a_timeout_is_not_restarted(stream_pair):
    _, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(600))  # decisive

    def receiving():
        alarm_again_and_again()
        siginterrupt(SIGALRM, False)
        return recv(server, 100)

    with fails(EINTR):
        in_child(receiving)
