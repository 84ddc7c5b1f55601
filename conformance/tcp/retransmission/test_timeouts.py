"""What is sent again when nobody answers: after which time, how much of it, and how often (RFC 6298 section 5)."""

import select
from itertools import pairwise
from socket import IPPROTO_TCP, SHUT_WR, TCP_LINGER2

import pytest

from conformance.network.icmp.errors import SOFT, quoted, tell
from conformance.tcp.loss_recovery.flight import SEGMENTS, SIZE, again, queue, sent
from conformance.tcp.retransmission.silence import apart, forgotten, late, silent, timeout
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.kernel_view import is_in, reaches, tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
TRIES = 5
"""Repetitions: each is later than the one before, and leaves more time."""
MORE = 30
"""Segments: more than a congestion window at the beginning."""


@pytest.mark.claim("tcp.retransmission.time-out-doubles")
@pytest.mark.usefixtures("doubling")
@over_ip
def test_each_time_out_is_twice_the_one_before(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_retries2", 8)
    server = silent(remote)

    server.send(b"data")  # decisive

    times = [late(remote, "any 1:5(4)", after=1) for _ in range(3)]
    base = timeout(server)
    for number, (one, other) in enumerate(pairwise(times)):
        assert apart(one, other) >= base * 2**number - JIFFY


@pytest.mark.claim("tcp.retransmission.same-bytes-again")
@over_ip
def test_repetition_has_the_bytes_that_were_not_acknowledged(remote):
    server = silent(remote)
    server.send(b"taken" + b"still due")
    remote.expect("any 1:15(14)")

    remote.send("ACK ack 6")  # decisive

    assert remote.expect("any 6:15(9)").payload == b"still due"
    remote.send("ACK ack 15")
    until(lambda: tcp_info(server).unacked == 0, what="everything acknowledged")


@pytest.mark.claim("tcp.retransmission.only-the-first")
@over_ip
def test_time_out_has_only_the_first_segment_sent_again(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    remote.let_timers_run()
    sent(remote)  # decisive

    remote.expect(f"any 1:*({SIZE})")

    others = range(1, SEGMENTS)
    assert [again(remote, 1 + number * SIZE) for number in others] == [1 for _ in others]


@pytest.mark.claim("tcp.retransmission.window-of-one")
@over_ip
def test_time_out_closes_the_congestion_window(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    remote.let_timers_run()
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, MORE, at_once=True)  # decisive

    until(lambda: tcp_info(server).retransmits > 0, what="a time-out")

    remote.settle()
    info, flight = tcp_info(server), remote.numbers.received // SIZE
    assert flight < MORE
    assert (info.snd_cwnd, 2 <= info.snd_ssthresh <= flight // 2) == (1, True)


@pytest.mark.claim("tcp.retransmission.no-measurement-by-repetition")
@over_ip
def test_acknowledged_repetition_measures_nothing(remote):
    server = silent(remote)
    measured = tcp_info(server).rtt
    server.send(b"data")
    late(remote, "any 1:5(4)", after=0)
    late(remote, "any 1:5(4)", after=1)

    remote.send("ACK ack 5")  # decisive

    until(lambda: tcp_info(server).unacked == 0, what="everything acknowledged")
    info = tcp_info(server)
    assert (info.rtt, info.backoff > 0) == (measured, True)


@pytest.mark.claim("tcp.retransmission.measurement-ends-backoff")
@over_ip
def test_acknowledgement_of_what_was_sent_once_ends_the_backoff(remote):
    server = silent(remote)
    server.send(b"data")
    late(remote, "any 1:5(4)", after=0)
    late(remote, "any 1:5(4)", after=1)
    remote.send("ACK ack 5")
    server.send(b"more")
    remote.expect("any 5:9(4)")

    remote.send("ACK ack 9")  # decisive

    until(lambda: tcp_info(server).unacked == 0, what="everything acknowledged")
    assert tcp_info(server).backoff == 0 or again(remote, 5) > 1  # sent twice, it measures nothing


@pytest.mark.claim("tcp.retransmission.disruption-undoes-backoff")
@pytest.mark.usefixtures("doubling")
@over_ip
def test_error_about_a_repetition_undoes_one_doubling(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    server = silent(remote)
    server.send(b"data")

    undone = []  # not where the shorter time is over already: then it is sent at once, and the time-out doubled anew
    while not any(undone) and len(undone) < TRIES:
        late(remote, "any 1:5(4)", after=3)
        before = tcp_info(server).backoff
        tell(remote, SOFT[remote.family][0], quoted(remote, 1))  # decisive
        undone.append(tcp_info(server).backoff < before)

    assert any(undone)


@pytest.mark.claim("tcp.retransmission.fin-sent-again")
@over_ip
def test_fin_is_sent_again(remote):
    server = silent(remote)

    server.shutdown(SHUT_WR)  # decisive

    first, second = (late(remote, "FIN ACK 1:*(0)", after=1) for _ in range(2))
    assert apart(first, second) >= timeout(server) - JIFFY
    is_in(remote.ends, "FIN_WAIT1")
    remote.send("ACK ack 2")
    reaches(remote.ends, "FIN_WAIT2")


@pytest.mark.claim("tcp.retransmission.orphan-given-up")
@pytest.mark.needs("sock_diag")
@over_ip
def test_closed_connection_is_given_up_after_its_retries(remote, sysctl):
    sysctl("net.ipv4.tcp_orphan_retries", 1)
    server = silent(remote)

    server.close()  # decisive

    first, second = (late(remote, "FIN ACK 1:*(0)", after=1) for _ in range(2))
    assert apart(first, second) > 0
    forgotten(remote, after=3)


@pytest.mark.claim("tcp.retransmission.nothing-told-before-the-end")
@over_ip
def test_program_is_told_nothing_between_the_thresholds(remote, sysctl):
    sysctl("net.ipv4.tcp_retries1", 1)
    sysctl("net.ipv4.tcp_retries2", 8)
    server = silent(remote)
    waiting = select.poll()
    waiting.register(server, select.POLLIN | select.POLLPRI)

    server.send(b"data")  # decisive

    for _ in range(3):
        late(remote, "any 1:5(4)", after=1)
    until(lambda: tcp_info(server).retransmits >= 2, what="TCP_INFO tells of both")
    assert waiting.poll(0) == []


@pytest.mark.claim("tcp.retransmission.identification-anew")
def test_repetition_has_an_identification_of_its_own(remote):
    server = silent(remote)

    server.send(b"data")  # decisive

    first, second = (late(remote, "any 1:5(4)", after=1) for _ in range(2))
    assert first.layers["IP"].id != second.layers["IP"].id


@pytest.mark.claim("tcp.time-wait.fin-wait2-ends")
@over_ip
def test_end_of_fin_wait2_is_forgotten(remote):
    remote.let_timers_run()
    server = remote.reach("FIN_WAIT2")
    server.setsockopt(IPPROTO_TCP, TCP_LINGER2, 1)

    server.close()  # decisive

    forgotten(remote, after=4)
    remote.send("FIN ACK")
    remote.expect("RST")
