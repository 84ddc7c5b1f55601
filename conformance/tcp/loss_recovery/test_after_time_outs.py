"""What selective acknowledgements tell after a time-out, and what they change no more (RFC 5681, RFC 6675)."""

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, duplicate, flown
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
OPTIONS = f"<mss {SIZE},sackOK>"
ALL = SEGMENTS * SIZE + 1
LOSS = 4
"""Of tcpi_ca_state: recovery by a time-out."""


@pytest.fixture
def timed_out(remote, sysctl):
    """The kernel's socket after a time-out of its flight, which nothing takes back; there are no probes."""
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_sack", 1)
    remote.let_timers_run()
    for name in ("tcp_early_retrans", "tcp_frto"):
        sysctl(f"net.ipv4.{name}", 0)
    server = remote.reach(options=OPTIONS, window=SEGMENTS * SIZE)
    flown(remote, server)
    until(lambda: tcp_info(server).retransmits > 0, what="a time-out")
    return server


@pytest.mark.claim("tcp.loss-recovery.told-not-sent-after-a-time-out")
@over_ip
def test_what_is_told_after_a_time_out_is_not_sent_again(remote, timed_out):
    remote.send(f"ACK ack {SIZE + 1} <nop,nop,sack {2 * SIZE + 1}:{ALL}>")  # decisive

    until(lambda: again(remote, SIZE + 1) > 1, what="the hole filled")
    remote.send(f"ACK ack {ALL}")
    until(lambda: tcp_info(timed_out).unacked == 0, what="everything acknowledged")
    assert [again(remote, number * SIZE + 1) for number in range(2, SEGMENTS)] == [1] * (SEGMENTS - 2)


@pytest.mark.claim("tcp.loss-recovery.no-second-reduction-after-a-time-out")
@over_ip
def test_duplicates_after_a_time_out_begin_no_recovery(remote, timed_out):
    before = tcp_info(timed_out).snd_ssthresh

    for number in range(2, 6):
        duplicate(remote, options=f"<nop,nop,sack {SIZE + 1}:{number * SIZE + 1}>")  # decisive

    remote.settle()
    info = tcp_info(timed_out)
    assert (info.sacked, info.ca_state, info.snd_ssthresh) == (4, LOSS, before)


@pytest.mark.claim("tcp.retransmission.threshold-kept-by-a-further-time-out")
@over_ip
def test_further_time_out_leaves_the_threshold(remote, timed_out):
    before = tcp_info(timed_out).snd_ssthresh

    until(lambda: tcp_info(timed_out).retransmits > 1, what="a further time-out")  # decisive

    info = tcp_info(timed_out)
    assert (info.retransmits > 1, info.snd_ssthresh) == (True, before)
