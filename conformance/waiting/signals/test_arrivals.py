"""What is signalled by SIGIO of sockets that keep the bounds of messages, and when nothing is any more."""

from fcntl import F_GETFL, F_SETFL, F_SETOWN, fcntl
from os import O_ASYNC, getpid
from select import POLLERR, POLLIN
from signal import SIG_BLOCK, SIGIO, pthread_sigmask, sigpending
from socket import SHUT_WR

import pytest

from conformance.lifecycle.states.messages import KINDS, bound, listening, new, over_messages, pair
from conformance.waiting.signals.owned import signalled
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_streams

over_records = pytest.mark.parametrize("kind", [each for each in KINDS if each.table == "records"], ids=str)


@pytest.mark.claim("socket.sigio.data")
@over_messages
def test_message_signals_the_owner(peers, kind):
    peer, end = pair(peers, kind)
    found = None

    found = in_child(lambda: signalled(end, lambda: peer.send(b"data"))).value  # decisive

    assert found == SIGIO


@pytest.mark.claim("socket.sigio.connection")
@over_records
def test_connection_for_records_signals_the_owner_of_a_listener(peers, kind):
    listener, client = listening(peers, kind), new(peers, kind)
    name, found = listener.getsockname(), None

    found = in_child(lambda: signalled(listener, lambda: client.connect(name))).value  # decisive

    assert found == SIGIO


@pytest.mark.claim("socket.sigio.end")
@over_streams
def test_end_of_what_the_peer_sends_signals_the_owner(stream_pair):
    client, server = stream_pair
    found = None

    found = in_child(lambda: signalled(server, lambda: client.shutdown(SHUT_WR))).value  # decisive

    assert found == SIGIO


@pytest.mark.claim("socket.sigio.error")
@over_ip
def test_refusal_of_a_datagram_signals_the_owner(peers, family):
    kind = next(each for each in KINDS if each.family == family)
    end, gone = bound(peers, kind), bound(peers, kind)
    end.connect(gone.getsockname())
    gone.close()
    found = None

    found = in_child(lambda: signalled(end, lambda: end.send(b"data"))).value  # decisive

    assert found == SIGIO
    ready(end, POLLERR)


@pytest.mark.claim("socket.sigio.off-again")
@over_messages
def test_nothing_is_signalled_once_the_flag_is_off_again(peers, kind):
    peer, end = pair(peers, kind)

    def owner():
        pthread_sigmask(SIG_BLOCK, {SIGIO})
        fcntl(end, F_SETOWN, getpid())
        fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_ASYNC)
        fcntl(end, F_SETFL, fcntl(end, F_GETFL) & ~O_ASYNC)  # decisive
        peer.send(b"data")
        ready(end, POLLIN)
        return SIGIO in sigpending()

    assert in_child(owner).value is False
