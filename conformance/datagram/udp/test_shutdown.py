"""shutdown() of datagram sockets: only where there is a peer."""

from errno import ENOTCONN, EPIPE
from select import POLLHUP, POLLIN, POLLOUT
from socket import MSG_NOSIGNAL, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_DGRAM

import pytest

from conformance.datagram.udp.datagrams import ends
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip

POLLRDHUP = 0x2000
SIDES = POLLIN | POLLOUT | POLLRDHUP | POLLHUP
ways = pytest.mark.parametrize("how", [SHUT_RD, SHUT_WR, SHUT_RDWR], ids=["SHUT_RD", "SHUT_WR", "SHUT_RDWR"])


@pytest.mark.claim("udp.shutdown.unconnected-enotconn")
@ways
@over_ip
def test_datagram_socket_without_a_peer_cannot_be_shut_down(peers, family, how):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOTCONN):
        end.shutdown(how)  # decisive


@pytest.mark.claim("udp.shutdown.receive-gives-nothing")
@over_ip
def test_receive_returns_at_once_when_reading_is_shut_down(peers, family):
    sender, receiver = ends(peers, family)
    sender.bind(family.address())
    receiver.connect(sender.getsockname())
    sender.sendto(b"queued", receiver.getsockname())
    ready(receiver, POLLIN)

    receiver.shutdown(SHUT_RD)  # decisive

    assert receiver.recv(100) == b"queued"
    assert receiver.recv(100) == b""


@pytest.mark.claim("udp.shutdown.send-fails")
@over_ip
def test_send_fails_when_writing_is_shut_down(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    receiver.connect(sender.getsockname())

    sender.shutdown(SHUT_WR)  # decisive

    with fails(EPIPE):
        sender.send(b"after", MSG_NOSIGNAL)
    receiver.send(b"the other way")
    assert sender.recv(100) == b"the other way"


@pytest.mark.claim("udp.shutdown.readiness")
@over_ip
def test_poll_tells_which_sides_are_shut_down(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    seen = [readiness(sender, SIDES)]

    sender.shutdown(SHUT_RD)
    seen.append(readiness(sender, SIDES))
    sender.shutdown(SHUT_RDWR)  # decisive
    seen.append(readiness(sender, SIDES))

    assert seen == [POLLOUT, POLLIN | POLLOUT | POLLRDHUP, POLLIN | POLLOUT | POLLRDHUP | POLLHUP]
