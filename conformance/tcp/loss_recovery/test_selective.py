"""Selective acknowledgements of the peer: what is sent again, and what is not (RFC 2018, RFC 6675)."""

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, duplicate, queue, sent
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

OPTIONS = f"<mss {SIZE},sackOK>"
LIMITED_TRANSMIT = 2
"""Segments that the first duplicates let leave before a loss is told (RFC 3042)."""

INITIAL = 10
"""Segments of the initial window (RFC 6928)."""


@pytest.fixture(autouse=True)
def switched_on(remote, sysctl):
    """Selective acknowledgements wherever the scenarios run, and no probe for a loss before they have all come."""
    sysctl("net.ipv4.tcp_sack", 1)
    sysctl("net.ipv4.tcp_early_retrans", 0)


@pytest.mark.claim("tcp.loss-recovery.holes-only")
@pytest.mark.parametrize("lost", [(0,), (1,), (0, 2)])
@over_ip
def test_only_the_holes_are_sent_again(remote, lost):
    sent(remote, options=OPTIONS)
    due = 1 + min(lost) * SIZE

    for block in blocks(lost):
        duplicate(remote, ack=due, options=f"<nop,nop,sack {block}>")  # decisive

    for number in lost:
        until(lambda start=1 + number * SIZE: again(remote, start) > 1, what=f"segment {number} sent again")
    kept = set(range(SEGMENTS)) - set(lost)
    assert {number: again(remote, 1 + number * SIZE) for number in kept} == dict.fromkeys(kept, 1)


def blocks(lost):
    """The blocks that a receiver tells of when it lacks those segments: a growing one for each that comes."""
    told = []
    for number in range(min(lost), SEGMENTS):
        if number in lost:
            continue
        first = number
        while first - 1 not in lost and first - 1 > min(lost):
            first -= 1
        told.append(f"{1 + first * SIZE}:{1 + (number + 1) * SIZE}")
    return told


@pytest.mark.claim("tcp.loss-recovery.holes-only")
@over_ip
def test_only_the_hole_in_one_large_write_is_sent_again(remote):
    server = remote.reach(options=OPTIONS)
    server.send(bytes(INITIAL * SIZE))
    remote.settle()

    for number in range(2, INITIAL + 1):
        remote.send(f"ACK ack 1 <nop,nop,sack {1 + SIZE}:{1 + number * SIZE}>")  # decisive

    until(lambda: again(remote, 1) > 1, what="the first segment sent again")
    assert [again(remote, 1 + number * SIZE) for number in range(1, INITIAL)] == [1] * (INITIAL - 1)


@pytest.mark.claim("tcp.loss-recovery.reneging-survived")
@over_ip
def test_bytes_that_were_told_and_dropped_are_sent_again(remote):
    sent(remote, options=OPTIONS)
    duplicate(remote, options=f"<nop,nop,sack {SIZE + 1}:{SEGMENTS * SIZE + 1}>")
    until(lambda: again(remote, 1) > 1, what="the hole filled")

    remote.send(f"ACK ack {SIZE + 1} win {SEGMENTS * SIZE}")  # decisive

    until(lambda: again(remote, SIZE + 1) > 1, what="what was told to have come, and is no longer there")


@pytest.mark.claim("tcp.loss-recovery.half-of-what-is-delivered")
@over_ip
def test_recovery_sends_about_half_of_what_is_delivered(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    server = remote.reach(options=OPTIONS, window=30_000)
    queue(server, 30)
    remote.settle()
    flight = remote.numbers.received // SIZE

    for number in range(2, flight + 1):
        remote.send(f"ACK ack 1 win 30000 <nop,nop,sack {SIZE + 1}:{number * SIZE + 1}>")  # decisive
        remote.settle()

    further = len(remote.seen("any (1..)")) - flight
    assert 1 <= further <= flight // 2 + LIMITED_TRANSMIT + 1
