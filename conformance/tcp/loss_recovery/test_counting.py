"""What is counted until a loss is told, and what follows from the count (RFC 5681 section 3.2, RFC 6675, RFC 8985)."""

import time

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, duplicate, queue, sent
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.remote.script import WINDOW
from fixtures.stage.families import over_ip

OPTIONS = f"<mss {SIZE},sackOK>"
LONG = 0.2
"""Seconds of a round trip, of which a part is waited for where nothing else tells a loss."""


@pytest.fixture(autouse=True)
def plain_recovery(remote, sysctl):
    """The congestion control of RFC 5681, and the settings that a kernel has by itself."""
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_reordering", 3)
    for name in ("tcp_sack", "tcp_recovery"):
        sysctl(f"net.ipv4.{name}", 1)


def told(*runs):
    """An option with blocks of whole segments, each from a number to before another, counted from 0."""
    edges = " ".join(f"{first * SIZE + 1}:{behind * SIZE + 1}" for first, behind in runs)
    return f"<nop,nop,sack {edges}>"


@pytest.mark.claim("tcp.loss-recovery.duplicates-counted-anew")
@over_ip
def test_duplicates_before_and_behind_new_data_do_not_add_up(remote):
    sent(remote)
    duplicate(remote, 2)

    remote.send(f"ACK ack {SIZE + 1} win {SEGMENTS * SIZE}")  # decisive

    duplicate(remote, 2, ack=SIZE + 1)
    before = again(remote, SIZE + 1)
    duplicate(remote, ack=SIZE + 1)
    assert (before, again(remote, SIZE + 1)) == (1, 2)


@pytest.mark.claim("tcp.loss-recovery.by-count")
@pytest.mark.parametrize("runs", [[(1, 4)], [(1, 2), (3, 4), (5, 6)]], ids=["one-block", "three-blocks"])
@over_ip
def test_three_segments_told_at_once_are_enough(remote, runs):
    listener = remote.reach("SYN_RECV", options=OPTIONS)
    began = time.monotonic()
    until(lambda: time.monotonic() - began >= LONG, what="a long round trip")
    remote.send("ACK")
    server = remote.peers.accepting(listener)
    queue(server, SEGMENTS)
    remote.settle()
    before = again(remote, 1)

    duplicate(remote, options=told(*runs))  # decisive

    assert (before, again(remote, 1)) == (1, 2)


@pytest.mark.claim("tcp.loss-recovery.nothing-new-without-new-blocks")
@over_ip
def test_duplicates_without_blocks_let_nothing_leave(remote):
    queue(remote.reach(options=OPTIONS), 30)
    before = left(remote)

    duplicate(remote, 2, window=WINDOW)  # decisive

    remote.came("ACK ack 1", times=3)
    assert left(remote) == before
    duplicate(remote, window=WINDOW, options=told((1, 2)))
    until(lambda: left(remote) > before, what="a segment, new or again")


def left(remote):
    """How many segments with data have left, after a fence."""
    remote.settle()
    return len(remote.seen("any (1..)"))


def highest(remote):
    """The number behind the last byte that has come, after a fence."""
    remote.settle()
    return remote.numbers.received


@pytest.mark.claim("tcp.loss-recovery.window-at-the-threshold-afterwards")
@over_ip
def test_window_is_the_threshold_when_all_is_repaired(remote):
    server = sent(remote, options=OPTIONS)
    duplicate(remote, options=told((1, 4)))
    until(lambda: again(remote, 1) > 1, what="the first segment again")

    remote.send(f"ACK ack {SEGMENTS * SIZE + 1}")  # decisive

    until(lambda: tcp_info(server).unacked == 0, what="everything acknowledged")
    info = tcp_info(server)
    assert (info.ca_state, info.snd_cwnd <= info.snd_ssthresh < SEGMENTS) == (0, True)


@pytest.mark.claim("tcp.loss-recovery.new-data-behind-the-holes")
@over_ip
def test_holes_are_filled_in_order_before_new_data_leaves(remote):
    server = remote.reach(options=OPTIONS)
    queue(server, 30)
    flight = highest(remote) // SIZE

    for number in range(4, flight + 1):
        duplicate(remote, window=WINDOW, options=told((3, number), (1, 2)))  # decisive
        remote.settle()

    behind = [packet.sequence for packet in remote.seen("any (1..)")][flight:]
    recovery = behind[behind.index(1) :]
    assert recovery[:2] == [1, 2 * SIZE + 1]
    assert min(recovery[2:]) > flight * SIZE


@pytest.mark.claim("tcp.loss-recovery.lost-again")
@over_ip
def test_repetition_that_is_lost_is_sent_once_more(remote):
    server = sent(remote, options=OPTIONS)
    duplicate(remote, options=told((1, 4)), window=WINDOW)
    until(lambda: again(remote, 1) == 2, what="the first segment again")
    server.send(b"x" * SIZE)
    remote.expect(f"any {SEGMENTS * SIZE + 1}:*({SIZE})")

    duplicate(remote, options=told((SEGMENTS, SEGMENTS + 1), (1, 4)), window=WINDOW)  # decisive

    until(lambda: again(remote, 1) == 3, what="the first segment once more")
