"""A receive of messages that finds none, and a send that finds no room: what a signal makes of them."""

from errno import EINTR
from signal import SIGALRM, siginterrupt
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET

import pytest

from conformance.lifecycle.states.messages import KINDS, full, over_messages, pair
from conformance.stream.receiving.raw import recv
from conformance.stream.sending.raw import alarm_again_and_again, interrupt, send, signal_pair, tell_of_alarms
from fixtures.evidence.expect import fails, timeval
from fixtures.stage.children import child, in_child

over_local = pytest.mark.parametrize("kind", [each for each in KINDS if each.table != "udp"], ids=str)
"""UNIX sockets, of which the peer's buffer can be full."""


def restarting():
    """Alarms, with a handler that is set up with SA_RESTART."""
    alarm_again_and_again()
    siginterrupt(SIGALRM, False)


@pytest.mark.claim("messages.receive.signal-before-data-fails")
@over_messages
def test_signal_before_any_message_ends_receive_with_eintr(peers, kind):
    peer, end = pair(peers, kind)

    def receiving():
        alarm_again_and_again()  # decisive
        return recv(end, 100)

    with fails(EINTR):
        in_child(receiving)
    peer.send(b"data")
    assert recv(end, 100) == b"data"


@pytest.mark.claim("messages.receive.sa-restart-continues")
@over_messages
def test_receive_of_a_message_goes_on_after_a_handler_with_sa_restart(peers, kind):
    peer, end = pair(peers, kind)

    with signal_pair() as (reader, writer):

        def receiving():
            tell_of_alarms(writer)
            siginterrupt(SIGALRM, False)  # decisive
            return recv(end, 100)

        with child(receiving) as receiver:
            interrupt(receiver, "recv", reader)
            peer.send(b"data")
            assert receiver.ends().value == b"data"


@pytest.mark.claim("messages.receive.timeout-never-restarts")
@over_messages
def test_receive_of_a_message_with_a_timeout_is_not_restarted(peers, kind):
    _, end = pair(peers, kind)
    end.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(600))  # decisive

    def receiving():
        restarting()
        return recv(end, 100)

    with fails(EINTR):
        in_child(receiving)


@pytest.mark.claim("messages.send.signal-before-room-fails")
@pytest.mark.unwatched
@over_local
def test_signal_before_there_is_room_ends_send_with_eintr(peers, kind):
    end = full(peers, kind)
    end.setblocking(True)

    def sending():
        alarm_again_and_again()  # decisive
        return send(end, b"x")

    with fails(EINTR):
        in_child(sending)


@pytest.mark.claim("messages.send.timeout-never-restarts")
@pytest.mark.unwatched
@over_local
def test_send_of_a_message_with_a_timeout_is_not_restarted(peers, kind):
    end = full(peers, kind)
    end.setblocking(True)
    end.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(600))  # decisive

    def sending():
        restarting()
        return send(end, b"x")

    with fails(EINTR):
        in_child(sending)
