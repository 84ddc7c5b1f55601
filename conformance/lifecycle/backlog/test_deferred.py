"""TCP_DEFER_ACCEPT: what ends the wait for the first data of a connection."""

from errno import EAGAIN
from socket import IPPROTO_TCP, TCP_DEFER_ACCEPT
from typing import NamedTuple

import pytest

from conformance.tcp.retransmission.silence import apart, late
from fixtures.evidence.expect import JIFFY, fails
from fixtures.evidence.kernel_view import is_in
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import over_ip
from fixtures.wire.packet import Packet

LONG = 30
"""Seconds, fewer than those after which a SYN-ACK is given up."""
ATTEMPTS = {1: 1, 2: 3, 3: 3, 4: 7}
"""Seconds that are asked for, and those after which the second, third or fourth SYN-ACK follows the first."""


class Deferred(NamedTuple):
    """A listener that waits for data, and the SYN-ACK of the connection."""

    listener: RecordedSocket
    answer: Packet


def without_data(remote, sysctl, seconds):
    """A listener that waits so long for data of a connection, whose handshake the remote host has finished."""
    sysctl("net.ipv4.tcp_syncookies", 1)  # with 2 the listener remembers nothing of who connects
    listener = remote.listener()
    listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds)
    listener.setblocking(False)
    remote.send("SYN <mss 1460>")
    answer = remote.expect("SYN ACK")
    remote.send("ACK")
    return Deferred(listener, answer)


@pytest.fixture
def deferred(remote, sysctl):
    """The same for longer than any scenario takes; the connection is not given yet."""
    found = without_data(remote, sysctl, LONG)
    with fails(EAGAIN):
        found.listener.accept()
    return found


@pytest.mark.beside
@pytest.mark.claim("tcp.defer-accept.opens-when-the-time-is-over")
@over_ip
def test_connection_without_data_is_given_when_the_time_is_over(remote, sysctl):
    deferred = without_data(remote, sysctl, 1)
    second = late(remote, "SYN ACK", after=1)
    assert apart(deferred.answer, second) >= 1 - JIFFY

    remote.send("ACK")  # decisive

    assert remote.peers.accepting(deferred.listener).getpeername()[1] == remote.port


@pytest.mark.claim("tcp.defer-accept.reset-forgets")
@pytest.mark.needs("sock_diag")
@over_ip
def test_reset_before_the_data_leaves_nothing(remote, deferred):
    remote.send("RST")  # decisive

    is_in(remote.ends, "CLOSE")
    with fails(EAGAIN):
        deferred.listener.accept()


@pytest.mark.claim("tcp.defer-accept.end-opens")
@over_ip
def test_end_without_data_opens_the_connection(remote, deferred):
    remote.send("FIN ACK")  # decisive

    assert remote.peers.accepting(deferred.listener).recv(10) == b""


@pytest.mark.claim("tcp.defer-accept.rounded-up-to-attempts")
@pytest.mark.parametrize(("asked", "told"), ATTEMPTS.items())
@over_ip
def test_time_is_rounded_up_to_that_of_an_attempt(peers, family, asked, told):
    listener = peers.listener(family)

    listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, asked)  # decisive

    assert listener.getsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT) == told
