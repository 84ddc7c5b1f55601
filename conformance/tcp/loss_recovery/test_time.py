"""Losses that time tells (RFC 8985), and reductions that turn out to have been needless (RFC 2883, RFC 4015)."""

import pytest

from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, duplicate, flown, queue, sent
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

OPTIONS = f"<mss {SIZE},sackOK>"
STAMPED = f"<mss {SIZE + 12},sackOK,ts>"
"""The option of time stamps takes twelve bytes of each segment."""
ALL = SEGMENTS * SIZE + 1
"""What acknowledges the whole flight."""

FLIGHT, WAITING = 10, 4
"""Segments of the first flight (RFC 6928), and behind it."""


@pytest.fixture(autouse=True)
def plain_algorithm(remote, sysctl):
    """The congestion control of RFC 5681, and the settings that a kernel has by itself."""
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    for name in ("tcp_sack", "tcp_dsack", "tcp_timestamps", "tcp_recovery"):
        sysctl(f"net.ipv4.{name}", 1)


@pytest.mark.claim("tcp.loss-recovery.by-time")
@over_ip
def test_one_block_is_enough_after_a_while(remote):
    sent(remote, options=OPTIONS)

    duplicate(remote, options=f"<nop,nop,sack {SIZE + 1}:{2 * SIZE + 1}>")  # decisive

    until(lambda: again(remote, 1) > 1, what="the first segment again")
    assert again(remote, 2 * SIZE + 1) == 1


@pytest.mark.claim("tcp.loss-recovery.tail-probe")
@over_ip
def test_last_segment_is_sent_again_before_any_time_out(remote):
    remote.let_timers_run()
    server = remote.reach(options=OPTIONS, window=SEGMENTS * SIZE)

    flown(remote, server)  # decisive

    until(lambda: tcp_info(server).total_retrans, what="something is sent again")

    starts = [packet.sequence for packet in remote.seen("any (1..)")]
    repeated = [(start, max(starts[:number])) for number, start in enumerate(starts) if start in starts[:number]]
    assert [again == last for again, last in repeated[:1]] == [True]


@pytest.mark.claim("tcp.loss-recovery.needless-by-duplicate-block")
@over_ip
def test_duplicate_that_the_peer_tells_of_undoes_the_reduction(remote):
    server = sent(remote, options=OPTIONS)
    before = tcp_info(server).snd_ssthresh
    duplicate(remote, options=f"<nop,nop,sack {SIZE + 1}:{4 * SIZE + 1}>")
    until(lambda: again(remote, 1) > 1, what="the first segment again")
    reduced = tcp_info(server).snd_ssthresh

    remote.send(f"ACK ack {ALL} <nop,nop,sack 1:{SIZE + 1}>")  # decisive

    remote.settle()
    assert reduced < SEGMENTS
    assert tcp_info(server).snd_ssthresh == before


@pytest.mark.beside
@pytest.mark.claim("tcp.loss-recovery.needless-by-time-stamp")
@over_ip
def test_echo_of_the_first_time_stamp_undoes_the_reduction(remote):
    remote.let_timers_run()
    server = remote.reach(options=STAMPED, window=SEGMENTS * SIZE)
    before = tcp_info(server).snd_ssthresh
    flown(remote, server)
    first = dict(remote.seen(f"any 1:*({SIZE})")[0].layers["TCP"].options)["Timestamp"][0]
    until(lambda: tcp_info(server).retransmits > 0, what="a time-out")
    reduced = tcp_info(server).snd_ssthresh

    remote.send(f"ACK ack {ALL} <nop,nop,ts ts.now {first}>")  # decisive

    remote.settle()
    assert reduced < SEGMENTS
    assert tcp_info(server).snd_ssthresh == before


@pytest.mark.beside
@pytest.mark.claim("tcp.loss-recovery.needless-by-what-was-not-repeated")
@over_ip
def test_acknowledgement_of_what_was_not_sent_again_undoes_a_time_out(remote, sysctl):
    sysctl("net.ipv4.tcp_frto", 2)
    remote.let_timers_run()
    server = remote.reach(options=f"<mss {SIZE}>")
    before = tcp_info(server).snd_ssthresh
    queue(server, FLIGHT + WAITING, at_once=True)
    until(lambda: tcp_info(server).retransmits > 0, what="a time-out")
    reduced = tcp_info(server).snd_ssthresh

    for number in (1, 2):
        remote.send(f"ACK ack {number * SIZE + 1}")  # decisive
        remote.settle()

    assert reduced < FLIGHT
    assert tcp_info(server).snd_ssthresh == before
