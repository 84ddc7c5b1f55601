"""When the retransmission timer starts, goes on, starts anew and stops, and what it is set to (RFC 6298).

Seen by sock_diag(7) while the smallest time-out is longer than any scenario, where a scenario does not say otherwise.
"""

import time

import pytest

from conformance.tcp.loss_recovery.flight import SIZE, queue
from conformance.tcp.retransmission.silence import SECOND, late, timeout
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

WHILE = 3 * JIFFY
"""Seconds that can be told from none at any HZ."""


def expires(remote):
    """Seconds until the retransmission timer fires; None where it does not run."""
    seen = remote.ends.seen()
    return seen.expires if seen.timer == "retransmit" else None


def running(remote):
    """The same, when the timer has run for a while."""
    began = expires(remote)
    return until(lambda: (left := expires(remote)) <= began - WHILE and left, what="the timer goes on")


@pytest.mark.claim("tcp.retransmission.timer-runs-while-unacknowledged")
@pytest.mark.needs("sock_diag")
@over_ip
def test_timer_runs_as_long_as_something_is_unacknowledged(remote):
    server = remote.reach()
    before = expires(remote)
    server.send(b"data")
    remote.expect("any (4)")
    during, due = expires(remote), timeout(server)

    remote.send("ACK")  # decisive

    until(lambda: expires(remote) is None, what="the timer stops")
    assert before is None
    assert 0 < during <= due + JIFFY


@pytest.mark.claim("tcp.retransmission.timer-not-put-off")
@pytest.mark.needs("sock_diag")
@over_ip
def test_more_data_does_not_put_the_timer_off(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 1)
    remote.expect(f"any ({SIZE})")
    before = running(remote)

    queue(server, 1)  # decisive

    remote.expect(f"any ({SIZE})")
    assert expires(remote) <= before


@pytest.mark.claim("tcp.retransmission.timer-anew-with-progress")
@pytest.mark.needs("sock_diag")
@over_ip
def test_acknowledgement_of_new_data_starts_the_timer_anew(remote):
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, 2)
    for _ in range(2):
        remote.expect(f"any ({SIZE})")
    running(remote)
    began = time.monotonic()

    remote.send(f"ACK ack {SIZE + 1}")  # decisive

    until(lambda: tcp_info(server).unacked == 1, what="the first acknowledged")
    started = expires(remote) - timeout(server) + time.monotonic()
    assert started >= began - JIFFY


@pytest.mark.claim("tcp.retransmission.round-trips-smoothed")
@over_ip
def test_new_measurement_counts_for_an_eighth(remote):
    server = remote.reach()
    before, began = tcp_info(server).rtt, time.monotonic_ns()
    server.send(b"data")
    first = remote.expect("any (4)")
    until(lambda: time.monotonic_ns() - began >= SECOND // 25, what="40 ms")

    remote.send("ACK")  # decisive

    until(lambda: tcp_info(server).unacked == 0, what="everything acknowledged")
    most, least = time.monotonic_ns() - began, remote.wire.packets()[-1].at - first.at
    smoothed = (tcp_info(server).rtt - before * 7 / 8) * 8000
    assert least - SECOND // 5000 <= smoothed <= most + SECOND // 5000


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.time-out-from-measurement")
@over_ip
def test_first_time_out_is_three_times_the_first_measurement(remote):
    remote.let_timers_run()
    listener = remote.reach("SYN_RECV")
    began = time.monotonic()
    until(lambda: time.monotonic() - began >= 0.1, what="100 ms")

    remote.send("ACK")  # decisive

    server = remote.peers.accepting(listener)
    measured, due = tcp_info(server).rtt / 1_000_000, timeout(server)
    assert measured >= 0.1 or len(remote.seen("SYN ACK")) > 1  # a repeated SYN measures nothing
    assert 3 * measured - JIFFY <= due <= max(3, 3 * measured) + JIFFY


@pytest.mark.claim("tcp.retransmission.smallest-by-sysctl")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rto_min_us")
@over_ip
def test_sysctl_gives_the_smallest_time_out(remote, sysctl):
    remote.let_timers_run()
    sysctl("net.ipv4.tcp_rto_min_us", 7_000_000)  # decisive

    server = remote.reach()

    assert timeout(server) >= 7 - JIFFY


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.largest-by-sysctl")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rto_max_ms")
@over_ip
def test_sysctl_gives_the_largest_time_out(remote, sysctl):
    remote.let_timers_run()
    sysctl("net.ipv4.tcp_rto_min_us", 700_000)
    sysctl("net.ipv4.tcp_rto_max_ms", 1000)  # decisive
    server = remote.reach()
    server.send(b"data")

    for _ in range(2):
        late(remote, "any 1:5(4)", after=1)
    until(lambda: tcp_info(server).backoff > 0, what="a time-out")

    assert tcp_info(server).rto <= 1_000_000 + JIFFY * 1_000_000
