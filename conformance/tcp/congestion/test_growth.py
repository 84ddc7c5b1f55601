"""How the congestion window grows, by the acknowledgements of a scripted host (RFC 5681 section 3.1)."""

from itertools import pairwise

import pytest

from conformance.tcp.loss_recovery.flight import SIZE, duplicate, queue
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.remote.script import WINDOW
from fixtures.stage.families import over_ip

BEGIN = 10
"""Segments of a congestion window at the beginning, at most (RFC 6928)."""


@pytest.fixture(autouse=True)
def plain_algorithm(remote, sysctl):
    """The algorithm of RFC 5681."""
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_reordering", 3)


def highest(remote):
    """The number behind the last byte that has come, in segments, after a fence."""
    remote.settle()
    return remote.numbers.received // SIZE


def acknowledged(remote, number):
    """The same, once that many segments are acknowledged."""
    remote.send(f"ACK ack {number * SIZE + 1}")
    return highest(remote)


@pytest.mark.claim("tcp.congestion.begins-with-ten")
@over_ip
def test_first_flight_is_ten_segments(remote):
    server = remote.reach(options=f"<mss {SIZE}>")

    queue(server, 30)  # decisive

    assert highest(remote) == BEGIN == tcp_info(server).snd_cwnd


@pytest.mark.claim("tcp.congestion.slow-start")
@over_ip
def test_each_acknowledgement_lets_two_segments_leave(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 40)
    flights = [highest(remote)]

    for number in range(1, 6):
        flights.append(acknowledged(remote, number))  # decisive

    assert [after - before for before, after in pairwise(flights)] == [2] * 5


@pytest.mark.claim("tcp.congestion.growth-by-bytes")
@over_ip
def test_acknowledgements_of_parts_do_not_hasten_slow_start(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 40)
    before = highest(remote)

    for part in range(1, 11):
        remote.send(f"ACK ack {part * SIZE // 10 + 1}")  # decisive

    assert 1 <= highest(remote) - before <= 2


@pytest.mark.claim("tcp.congestion.avoidance")
@over_ip
def test_above_the_threshold_a_window_grows_by_one_segment(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 40)
    highest(remote)
    duplicate(remote, 3, window=WINDOW)
    until(lambda: acknowledged(remote, highest(remote)) and not tcp_info(server).ca_state, what="recovered")
    due = highest(remote)
    last = due
    done, window = due - tcp_info(server).unacked, tcp_info(server).snd_cwnd

    for number in range(window):
        last = acknowledged(remote, done + number + 1)  # decisive

    assert last - due <= window + 1 == tcp_info(server).snd_cwnd


@pytest.mark.claim("tcp.congestion.unused-window-not-grown")
@over_ip
def test_window_that_is_not_used_does_not_grow(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    before = tcp_info(server).snd_cwnd

    for _ in range(before + 5):
        queue(server, 1)
        acknowledged(remote, highest(remote))  # decisive

    assert tcp_info(server).snd_cwnd <= before


@pytest.mark.beside
@pytest.mark.claim("tcp.congestion.window-after-idle")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rto_min_us")
@over_ip
def test_window_after_a_pause_is_half_of_what_it_was(remote, sysctl):
    remote.let_timers_run()
    sysctl("net.ipv4.tcp_rto_min_us", 800_000)
    sysctl("net.ipv4.tcp_slow_start_after_idle", 1)
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 30, at_once=True)
    remote.receive(30 * SIZE)
    before, due = tcp_info(server).snd_cwnd, tcp_info(server).rto // 1000
    until(lambda: tcp_info(server).last_data_sent > due + 20, what="a pause of more than the time-out")

    queue(server, 50, at_once=True)  # decisive

    assert 1 <= highest(remote) - 30 <= max(BEGIN, before // 2)
