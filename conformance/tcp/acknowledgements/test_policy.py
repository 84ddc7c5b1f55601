"""When an acknowledgement is sent, and what it acknowledges (RFC 5681 section 4.2, RFC 9293 section 3.10.7.4)."""

from socket import IPPROTO_TCP, TCP_QUICKACK

import pytest

from fixtures.stage.families import over_ip

SIZE = {"ip4": 1460, "ip6": 1440}
"""Bytes of a full segment on a link with an MTU of 1,500."""


@pytest.mark.claim("tcp.acknowledgements.second-full-segment")
@over_ip
def test_two_full_segments_are_acknowledged_at_once(remote, family):
    remote.reach()

    for _ in range(2):
        remote.send(f"ACK ({SIZE[family.name]})")  # decisive

    assert remote.seen("ACK ack snd.nxt") != []


@pytest.mark.claim("tcp.acknowledgements.second-full-segment")
@over_ip
def test_second_full_segment_is_acknowledged_at_once_by_who_delays(remote, family):
    server = remote.reach()
    server.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0)  # which a new connection has, and so acknowledges each

    for _ in range(2):
        remote.send(f"ACK ({SIZE[family.name]})")  # decisive

    assert remote.seen("ACK ack snd.nxt") != []


@pytest.mark.claim("tcp.acknowledgements.out-of-order-at-once")
@over_ip
def test_each_segment_behind_a_hole_is_answered_at_once(remote):
    remote.reach()
    answers = []

    for start in (101, 301, 501):
        remote.send(f"ACK {start}:*(100)".replace("*", str(start + 100)))  # decisive
        answers.append(len(remote.seen("ACK (0) ack 1")))

    assert answers == [1, 2, 3]


@pytest.mark.claim("tcp.acknowledgements.out-of-order-kept")
@pytest.mark.parametrize("order", ["132", "213", "231", "312", "321"])
@over_ip
def test_pieces_in_any_order_are_read_in_the_right_one(remote, order):
    server = remote.reach()

    for number in map(int, order):
        remote.send(f"PSH ACK seq {10 * number - 9} (10)", payload=str(number).encode() * 10)  # decisive

    remote.expect("ACK ack 31")
    assert server.recv(100) == b"1" * 10 + b"2" * 10 + b"3" * 10


@pytest.mark.claim("tcp.acknowledgements.filled-hole-in-one")
@over_ip
def test_filled_hole_is_acknowledged_to_the_end(remote):
    remote.reach()
    remote.send("ACK 101:201(100)")
    remote.send("ACK 201:301(100)")
    remote.settle()

    remote.send("ACK 1:101(100)")  # decisive

    assert [packet.acknowledgement for packet in remote.seen("ACK (0) ack 2..")] == [301]


@pytest.mark.claim("tcp.acknowledgements.blocks-if-negotiated")
@over_ip
def test_no_blocks_for_a_peer_that_has_not_asked(remote):
    remote.reach(options="<mss 1460>")

    remote.send("ACK 101:201(100)")  # decisive

    remote.expect("ACK ack 1 <!sack>")
    remote.never("any <sack>")
