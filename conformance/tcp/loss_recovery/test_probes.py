"""The probe for a loss at the end: what it sends, how often, and what its answer tells (RFC 8985 section 7)."""

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, flown, queue
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
OPTIONS = f"<mss {SIZE},sackOK>"
ALL = SEGMENTS * SIZE + 1
LAST = ALL - SIZE
BEGIN, QUEUED = 10, 30
"""Segments of the first window (RFC 6928), and more."""


@pytest.fixture(autouse=True)
def plain_algorithm(remote, sysctl):
    """Probes, and the congestion control of RFC 5681."""
    remote.let_timers_run()
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    for name in ("tcp_sack", "tcp_dsack", "tcp_recovery"):
        sysctl(f"net.ipv4.{name}", 1)
    sysctl("net.ipv4.tcp_early_retrans", 3)


@pytest.fixture
def long_time_out(sysctl):
    """A time-out that does not come before the scenario has answered the probe."""
    sysctl("net.ipv4.tcp_rto_min_us", 20_000_000)


def starts(remote):
    """Where the segments begin that have come, in their order."""
    return [packet.sequence for packet in remote.seen("any (1..)")]


@pytest.mark.claim("tcp.loss-recovery.probes-new-data-first")
@over_ip
def test_probe_is_new_data_where_there_is_some(remote):
    server = remote.reach(options=OPTIONS)

    queue(server, QUEUED, at_once=True)  # decisive

    until(lambda: len(remote.seen("any (1..)")) > BEGIN, what="a probe")
    assert starts(remote)[BEGIN] == 1 + BEGIN * SIZE


@pytest.mark.claim("tcp.loss-recovery.one-probe-then-the-time-out")
@over_ip
def test_second_probe_is_not_sent_before_the_time_out(remote):
    server = remote.reach(options=OPTIONS)

    queue(server, QUEUED, at_once=True)  # decisive

    until(lambda: tcp_info(server).retransmits > 0, what="a time-out")
    remote.settle()
    assert starts(remote)[BEGIN : BEGIN + 2] == [1 + BEGIN * SIZE, 1]


@pytest.mark.claim("tcp.loss-recovery.answered-probe-tells-losses")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rto_min_us")
@pytest.mark.usefixtures("long_time_out")
@over_ip
def test_answer_to_a_probe_tells_what_was_lost_before(remote):
    queue(remote.reach(options=OPTIONS), QUEUED, at_once=True)
    until(lambda: len(remote.seen("any (1..)")) > BEGIN, what="a probe")

    remote.send(f"ACK ack 1 <nop,nop,sack {BEGIN * SIZE + 1}:{(BEGIN + 1) * SIZE + 1}>")  # decisive

    until(lambda: again(remote, 1) == 2, what="the first segment again")


def probed(remote):
    """The kernel's socket, whose last segment was sent again as a probe."""
    server = remote.reach(options=OPTIONS, window=SEGMENTS * SIZE)
    flown(remote, server)
    until(lambda: again(remote, LAST) == 2, what="a probe")
    return server


@pytest.mark.claim("tcp.loss-recovery.loss-mended-by-a-probe-counts")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rto_min_us")
@pytest.mark.usefixtures("long_time_out")
@over_ip
def test_loss_that_a_probe_has_mended_lowers_the_threshold(remote):
    server = probed(remote)
    before = tcp_info(server).snd_ssthresh

    finished(remote, server, f"ACK ack {ALL}")  # decisive

    assert tcp_info(server).snd_ssthresh < before


@pytest.mark.claim("tcp.loss-recovery.needless-probe-costs-nothing")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rto_min_us")
@pytest.mark.usefixtures("long_time_out")
@pytest.mark.parametrize("twice", [[f"ACK ack {ALL} <nop,nop,sack {LAST}:{ALL}>"], [f"ACK ack {ALL}"] * 2])
@over_ip
def test_probe_that_was_needless_lowers_nothing(remote, twice):
    server = probed(remote)
    before = tcp_info(server).snd_ssthresh

    finished(remote, server, *twice)  # decisive

    info = tcp_info(server)
    assert (info.unacked, info.snd_ssthresh) == (0, before)


def finished(remote, server, *answers):
    """The flight is answered, and one more segment sent and acknowledged."""
    for answer in answers:
        remote.send(answer)
    server.send(b"more")
    remote.expect(f"any {ALL}:*(4)")
    remote.send(f"ACK ack {ALL + 4}")
    until(lambda: tcp_info(server).unacked == 0, what="everything acknowledged")
