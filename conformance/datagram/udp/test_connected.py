"""A connected datagram socket: what connect() fixes, and the errors that reach it."""

from errno import EAGAIN, ECONNREFUSED
from select import POLLERR, POLLIN
from socket import MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, SO_ERROR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.datagram.udp.datagrams import PORT_UNREACHABLE, RECEIVE_ERRORS, ends, extended_error, nobody
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip, over_ip4

ECHO = "127.0.0.5"
"""An address of loopback other than the usual one (RFC 1122 3.2.1.3 (g))."""
REFUSAL = {"ip4": "* > * ICMP unreachable port", "ip6": "* > * ICMPv6 unreachable port"}
"""What the host answers where no socket takes a datagram (RFC 792, RFC 4443 3.1)."""


@pytest.mark.claim("udp.connect.no-packet")
@over_ip
def test_connect_of_a_datagram_socket_sends_nothing(peers, family, wire):
    sender, receiver = ends(peers, family)

    sender.connect(receiver.getsockname())  # decisive

    assert sender.getpeername() == receiver.getsockname()
    wire.never("* > * UDP")


@pytest.mark.claim("udp.connect.send-needs-no-address")
@over_ip
def test_send_goes_to_the_peer(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())  # decisive

    sender.send(b"to the peer")

    assert receiver.recvfrom(100) == (b"to the peer", sender.getsockname())


@pytest.mark.claim("udp.connect.others-still-reachable")
@over_ip
def test_sendto_reaches_others_too(peers, family):
    sender, receiver = ends(peers, family)
    other = peers.datagram(family, lane="other")
    sender.connect(receiver.getsockname())

    sender.sendto(b"elsewhere", other.getsockname())  # decisive

    assert other.recv(100) == b"elsewhere"
    assert readiness(receiver, POLLIN) == 0
    assert sender.getpeername() == receiver.getsockname()
    sender.send(b"as ever")
    assert receiver.recv(100) == b"as ever"


@pytest.mark.claim("udp.connect.again-keeps-the-name")
@over_ip
def test_another_peer_leaves_the_own_address_and_port(peers, family):
    receiver, other = peers.datagram(family, lane="receiver"), peers.datagram(family, lane="other")
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    before = sender.getsockname()

    sender.connect(other.getsockname())  # decisive
    sender.send(b"data")

    assert sender.getsockname() == before
    assert other.recvfrom(9) == (b"data", before)


@pytest.mark.claim("udp.connect.receives-from-the-peer-only")
@over_ip
def test_datagrams_of_others_are_not_received(peers, family):
    sender, receiver = ends(peers, family)
    other = peers.datagram(family, lane="other")
    receiver.connect(peers_name(sender, family))  # decisive

    other.sendto(b"stranger", receiver.getsockname())
    sender.sendto(b"peer", receiver.getsockname())

    assert receiver.recv(100) == b"peer"
    with fails(EAGAIN):
        receiver.recv(1, MSG_DONTWAIT)


def peers_name(sender, family):
    """The name of a sender that is bound now."""
    sender.bind(family.address())
    return sender.getsockname()


@pytest.mark.claim("udp.connect.refusal-told")
@over_ip
def test_refusal_is_told_to_a_connected_socket_once(peers, family):
    client = peers.datagram(family, lane="client")
    client.connect(nobody(peers, family))
    client.send(b"anyone")  # decisive

    assert ready(client, POLLIN) & POLLERR
    with fails(ECONNREFUSED):
        client.recv(1)
    with fails(EAGAIN):
        client.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("udp.connect.refusal-ends-the-next-send")
@over_ip
def test_refusal_is_told_by_the_next_send(peers, family):
    client = peers.datagram(family, lane="client")
    client.connect(nobody(peers, family))
    client.send(b"anyone")  # decisive
    ready(client, POLLIN)

    with fails(ECONNREFUSED):
        client.send(b"again")
    assert client.send(b"once more") == len(b"once more")


@pytest.mark.claim("udp.connect.refusal-in-so-error")
@over_ip
def test_so_error_has_the_refusal_once(peers, family):
    client = peers.datagram(family, lane="client")
    client.connect(nobody(peers, family))
    client.send(b"anyone")  # decisive
    ready(client, POLLIN)

    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("udp.connect.refusal-taken-by-a-peek")
@over_ip
def test_peek_tells_the_refusal_and_takes_it(peers, family):
    client = peers.datagram(family, lane="client")
    client.connect(nobody(peers, family))
    client.send(b"anyone")  # decisive
    ready(client, POLLIN)

    with fails(ECONNREFUSED):
        client.recv(1, MSG_PEEK)
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("udp.unconnected.refusal-not-told")
@over_ip
def test_unconnected_socket_hears_nothing_of_a_refusal(peers, family, wire):
    client = peers.datagram(family, lane="client")
    client.sendto(b"anyone", nobody(peers, family))  # decisive

    wire.expect("client > * UDP (6)")
    wire.expect(REFUSAL[family.name])
    wire.settle()
    with fails(EAGAIN):
        client.recv(1, MSG_DONTWAIT)
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("udp.recverr.unconnected-told-too")
@over_ip
def test_recverr_tells_an_unconnected_socket(peers, family):
    client = peers.datagram(family, lane="client")
    client.setsockopt(*RECEIVE_ERRORS[family.name], 1)  # decisive
    unreached = nobody(peers, family)
    client.sendto(b"anyone", unreached)

    ready(client, POLLERR)
    with fails(ECONNREFUSED):
        client.recv(1)
    data, ((level, kind, error),), flags, destination = client.recvmsg(100, 512, MSG_ERRQUEUE)
    assert (data, destination[:2]) == (b"anyone", unreached[:2])
    assert (level, kind) == RECEIVE_ERRORS[family.name]
    assert extended_error(family, error) == PORT_UNREACHABLE[family.name]
    assert flags & MSG_ERRQUEUE


@pytest.mark.claim("udp.send.answer-comes-from-the-route")
@over_ip4
def test_answer_of_a_wildcard_server_comes_from_another_address(peers, family):
    server = peers.datagram(family, lane="server", host=family.wildcard)
    client = peers.datagram(family, lane="client")
    client.sendto(b"question", (ECHO, server.getsockname()[1]))
    _, address = server.recvfrom(100)

    server.sendto(b"answer", address)  # decisive

    assert client.recvfrom(100) == (b"answer", (family.loopback, server.getsockname()[1]))


@pytest.mark.claim("socket.error-queue.never-waits")
@over_ip
def test_reading_an_empty_error_queue_does_not_wait(peers, family):
    client = peers.datagram(family, lane="client")
    client.setsockopt(*RECEIVE_ERRORS[family.name], 1)

    with fails(EAGAIN):
        client.recvmsg(100, 512, MSG_ERRQUEUE)  # decisive
