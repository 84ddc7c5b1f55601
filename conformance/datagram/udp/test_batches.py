"""Several datagrams in one call: sendmmsg() and recvmmsg()."""

from errno import EAGAIN
from select import select
from socket import MSG_DONTWAIT, MSG_TRUNC

import pytest

from conformance.datagram.udp.datagrams import MSG_WAITFORONE, ROOM, batch, ends, recvmmsg, room, sendmmsg
from fixtures.evidence.expect import fails
from fixtures.stage.children import child
from fixtures.stage.families import over_ip

PIECES = [b"one", b"", b"three", b"four"]


@pytest.mark.claim("udp.sendmmsg.several-in-one-call")
@over_ip
def test_several_datagrams_leave_in_one_call(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    several = batch(PIECES)

    assert sendmmsg(sender, several) == len(PIECES)  # decisive

    assert several.lengths == [len(piece) for piece in PIECES]
    assert [receiver.recv(100) for _ in PIECES] == PIECES


@pytest.mark.claim("udp.recvmmsg.several-in-one-call")
@over_ip
def test_several_datagrams_are_received_in_one_call(peers, family):
    sender, receiver = ends(peers, family)
    for piece in PIECES:
        sender.sendto(piece, receiver.getsockname())
    several = room(len(PIECES))

    assert recvmmsg(receiver, several) == len(PIECES)  # decisive

    assert several.data(len(PIECES)) == PIECES


@pytest.mark.claim("udp.recvmmsg.waitforone-takes-what-is-there")
@over_ip
def test_waitforone_returns_with_what_is_there(peers, family):
    sender, receiver = ends(peers, family)
    for piece in PIECES:
        sender.sendto(piece, receiver.getsockname())
    flags = 0
    flags |= MSG_WAITFORONE  # decisive

    assert recvmmsg(receiver, room(10), flags) == len(PIECES)


@pytest.mark.claim("udp.recvmmsg.waitforone-takes-what-is-there")
@over_ip
def test_waitforone_waits_for_the_first(peers, family):
    sender, receiver = ends(peers, family)

    with child(lambda: recvmmsg(receiver, room(10), MSG_WAITFORONE)) as receiving:
        receiving.is_blocked_in("recvmmsg")
        sender.sendto(b"one", receiver.getsockname())  # decisive
        assert receiving.ends().value == 1


@pytest.mark.claim("udp.recvmmsg.empty-eagain")
@over_ip
def test_nothing_to_receive_is_eagain(peers, family):
    _, receiver = ends(peers, family)

    with fails(EAGAIN):
        recvmmsg(receiver, room(2), MSG_DONTWAIT)  # decisive


@pytest.mark.claim("udp.recvmmsg.timeout-checked-after-a-datagram")
@over_ip
def test_time_limit_does_not_end_the_wait_for_a_datagram(peers, family):
    sender, receiver = ends(peers, family)

    with child(lambda: recvmmsg(receiver, room(1), seconds=0.001)) as receiving:
        receiving.is_blocked_in("recvmmsg")
        beyond(receiving, 0.05)
        sender.sendto(b"one", receiver.getsockname())  # decisive
        assert receiving.ends().value == 1


def beyond(receiving, seconds):
    """Returns when that much time has passed; a child that ends before would be readable."""
    assert select([receiving], [], [], seconds)[0] == []


@pytest.mark.claim("udp.recvmmsg.fields-of-each")
@over_ip
def test_each_message_has_its_name_and_its_flags(peers, family):
    sender, receiver = (peers.datagram(family, lane=lane) for lane in ("sender", "receiver"))
    for piece in (b"fits", bytes(ROOM + 1)):
        sender.sendto(piece, receiver.getsockname())
    several = room(2)
    names = several.asks_for_names()

    recvmmsg(receiver, several)  # decisive

    length = {"ip4": 16, "ip6": 28}[family.name]
    assert several.fields == [(length, 0), (length, MSG_TRUNC)]
    assert names[0].raw[2:4] == names[1].raw[2:4] == sender.getsockname()[1].to_bytes(2, "big")
