"""UDP carries datagrams: each by itself, whole or not at all, without a connection."""

from errno import EAGAIN, EDESTADDRREQ, EMSGSIZE
from select import POLLIN
from socket import MSG_CONFIRM, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.datagram.udp.datagrams import LARGEST, all_came_through, ends
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import counted
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip, over_ip_and_mapped

MANY = 400
FEW = 5
"""Datagrams for which a receive buffer of any size has room."""
UDP = {"ip4": "Udp", "ip6": "Udp6"}


@pytest.mark.claim("udp.send.needs-no-connection")
@over_ip
def test_datagram_goes_without_a_connection(peers, family, wire):
    sender, receiver = ends(peers, family)

    sender.sendto(b"hello", receiver.getsockname())  # decisive

    assert receiver.recvfrom(100) == (b"hello", sender_name(sender, family))
    wire.expect("sender > receiver UDP (5)")
    wire.never("receiver > sender UDP")


def sender_name(sender, family):
    """The name from which a datagram over loopback comes: the wildcard is filled in."""
    return (family.loopback, *sender.getsockname()[1:])


@pytest.mark.claim("udp.send.binds-an-unbound-socket")
@over_ip
def test_first_datagram_binds_the_sender(peers, family):
    sender, receiver = ends(peers, family)
    assert sender.getsockname()[1] == 0

    sender.sendto(b"first", receiver.getsockname())  # decisive

    bound = sender.getsockname()[1]
    sender.sendto(b"second", receiver.getsockname())
    assert bound != 0
    assert {receiver.recvfrom(100)[1][1] for _ in range(2)} == {bound}


@pytest.mark.claim("udp.receive.answer-goes-back")
@over_ip_and_mapped
def test_answer_reaches_the_address_that_recvfrom_gave(peers, family):
    sender, receiver = ends(peers, family)
    sender.sendto(b"question", receiver.getsockname())

    _, address = receiver.recvfrom(100)
    receiver.sendto(b"answer", address)  # decisive

    assert sender.recvfrom(100) == (b"answer", receiver.getsockname())


@pytest.mark.claim("udp.receive.one-datagram-a-call")
@over_ip_and_mapped
def test_each_datagram_is_received_by_itself(peers, family):
    sender, receiver = ends(peers, family)

    for piece in (b"one", b"two", b"three"):  # decisive
        sender.sendto(piece, receiver.getsockname())

    assert [receiver.recv(100) for _ in range(3)] == [b"one", b"two", b"three"]
    assert readiness(receiver, POLLIN) == 0


@pytest.mark.claim("udp.receive.excess-discarded")
@over_ip
def test_what_does_not_fit_is_discarded(peers, family):
    sender, receiver = ends(peers, family)
    sender.sendto(b"0123456789", receiver.getsockname())  # decisive
    sender.sendto(b"next", receiver.getsockname())

    assert receiver.recv(4) == b"0123"
    assert receiver.recv(100) == b"next"


@pytest.mark.claim("udp.receive.truncation-told")
@over_ip
def test_cut_datagram_is_marked_and_its_length_can_be_asked(peers, family):
    sender, receiver = ends(peers, family)
    sender.sendto(b"0123456789", receiver.getsockname())  # decisive

    assert receiver.recv_into(bytearray(4), 4, MSG_PEEK | MSG_TRUNC) == 10
    data, _, flags, _ = receiver.recvmsg(4)
    assert data == b"0123"
    assert flags & MSG_TRUNC


@pytest.mark.claim("udp.receive.whole-not-marked")
@over_ip
def test_whole_datagram_is_not_marked(peers, family):
    sender, receiver = ends(peers, family)
    sender.sendto(b"0123", receiver.getsockname())  # decisive

    data, _, flags, _ = receiver.recvmsg(4)

    assert (data, flags & MSG_TRUNC) == (b"0123", 0)


@pytest.mark.claim("udp.receive.empty-is-a-datagram")
@over_ip
def test_empty_datagram_is_received(peers, family, wire):
    sender, receiver = ends(peers, family)

    sender.sendto(b"", receiver.getsockname())  # decisive

    assert ready(receiver, POLLIN) == POLLIN
    assert receiver.recvfrom(100)[0] == b""
    assert readiness(receiver, POLLIN) == 0
    wire.expect("sender > receiver UDP (0)")


@pytest.mark.claim("udp.receive.peek-keeps")
@over_ip
def test_peeked_datagram_stays(peers, family):
    sender, receiver = ends(peers, family)
    sender.sendto(b"stays", receiver.getsockname())  # decisive

    assert receiver.recv(100, MSG_PEEK) == b"stays"

    assert receiver.recv(100) == b"stays"
    with fails(EAGAIN):
        receiver.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("udp.send.largest")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_largest_datagram_arrives_whole(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 * LARGEST[family.name])
    whole = bytes(range(256)) * 256

    assert sender.sendto(whole[: LARGEST[family.name]], receiver.getsockname()) == LARGEST[family.name]  # decisive

    assert receiver.recv(len(whole)) == whole[: LARGEST[family.name]]


@pytest.mark.claim("udp.send.larger-emsgsize")
@over_ip
def test_larger_datagram_is_refused(peers, family):
    sender, receiver = ends(peers, family)

    with fails(EMSGSIZE):
        sender.sendto(bytes(LARGEST[family.name] + 1), receiver.getsockname())  # decisive

    assert readiness(receiver, POLLIN) == 0


@pytest.mark.claim("udp.receive.lost-when-full")
@pytest.mark.needs("namespace", "own-counters")
@over_ip
def test_datagrams_beyond_the_buffer_are_lost(peers, family):
    sender, receiver = ends(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
    sent = []

    with counted() as seen:
        sent += [sender.sendto(bytes(1000), receiver.getsockname()) for _ in range(MANY)]  # decisive

    all_came_through(peers, family)
    assert sent == [1000] * MANY
    received = received_now(receiver)
    assert 0 < received < MANY
    assert seen[f"{UDP[family.name]}.RcvbufErrors"] == MANY - received


def received_now(receiver):
    """How many datagrams wait."""
    count = 0
    while readiness(receiver, POLLIN):
        receiver.recv(2000)
        count += 1
    return count


@pytest.mark.claim("udp.receive.in-order-on-loopback")
@over_ip
def test_datagrams_of_one_sender_stay_in_order_over_loopback(peers, family):
    sender, receiver = ends(peers, family)
    sent = [bytes([number]) for number in range(FEW)]

    for piece in sent:  # decisive
        sender.sendto(piece, receiver.getsockname())

    assert [receiver.recv(10) for _ in sent] == sent


@pytest.mark.claim("udp.send.without-destination")
@over_ip
def test_send_without_a_destination_fails(peers, family):
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    with fails(EDESTADDRREQ):
        sender.send(b"whereto")  # decisive


@pytest.mark.claim("udp.rcvbuf.bounds-the-queue")
@pytest.mark.needs("namespace")
@over_ip
def test_larger_receive_buffer_holds_more_datagrams(peers, family):
    sender, small = ends(peers, family)
    large = peers.datagram(family, lane="large")
    small.setsockopt(SOL_SOCKET, SO_RCVBUF, 8000)  # decisive
    large.setsockopt(SOL_SOCKET, SO_RCVBUF, 64000)

    for receiver in (small, large):
        for _ in range(MANY):
            sender.sendto(bytes(1000), receiver.getsockname())

    all_came_through(peers, family)
    assert 0 < received_now(small) < received_now(large)


@pytest.mark.claim("udp.send.confirm-taken")
@over_ip
def test_datagram_that_confirms_the_neighbour_arrives(peers, family):
    sender, receiver = peers.datagram(family, lane="sender"), peers.datagram(family, lane="receiver")

    sender.sendto(b"an answer", MSG_CONFIRM, receiver.getsockname())  # decisive

    assert receiver.recv(100) == b"an answer"
