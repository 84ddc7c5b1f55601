"""Settings that decide on what is sent again, and what follows it (ip-sysctl)."""

from socket import IPPROTO_TCP, TCP_NODELAY

import pytest

from conformance.datagram.udp.datagrams import batch, sendmmsg
from conformance.tcp.loss_recovery.flight import SIZE, again, duplicate, queue, sent
from conformance.tcp.retransmission.silence import late, silent
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

SMALL = 100
LARGEST_SIGNED = 32_767
FLIGHT, WAITING = 10, 4
"""Segments of the first flight (RFC 6928), and behind it."""


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.small-ones-joined-by-setting")
@pytest.mark.parametrize(("setting", "size"), [(1, 2 * SMALL), (0, SMALL)], ids=["on", "off"])
@over_ip
def test_small_segments_are_joined_when_they_are_sent_again(remote, sysctl, setting, size):
    sysctl("net.ipv4.tcp_retrans_collapse", 1 - setting)
    sysctl("net.ipv4.tcp_retrans_collapse", setting)  # decisive
    server = silent(remote)
    server.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    sendmmsg(server, batch([b"x" * SMALL] * 2))  # not two calls, with a time-out between them on a busy machine
    for number in range(2):
        remote.expect(f"any {1 + number * SMALL}:*({SMALL})")

    assert late(remote, "any 1:*(1..)", after=0).length == size


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.new-data-tried-first-by-setting")
@pytest.mark.parametrize(("setting", "new", "copies"), [(2, True, 1), (0, False, 2)], ids=["on", "off"])
@over_ip
def test_acknowledgement_after_a_time_out_lets_new_data_leave_first(remote, sysctl, setting, new, copies):
    sysctl("net.ipv4.tcp_frto", setting)
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    remote.let_timers_run()
    server = remote.reach(options=f"<mss {SIZE}>")
    queue(server, FLIGHT + WAITING, at_once=True)
    until(lambda: tcp_info(server).retransmits > 0, what="a time-out")
    remote.settle()

    remote.send(f"ACK ack {SIZE + 1}")  # decisive

    remote.settle()
    assert (remote.numbers.received > 1 + FLIGHT * SIZE, again(remote, SIZE + 1)) == (new, copies)


@pytest.mark.claim("tcp.loss-recovery.duplicates-by-setting")
@over_ip
def test_setting_says_how_many_duplicates_tell_a_loss(remote, sysctl):
    sysctl("net.ipv4.tcp_reordering", 5)
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    server = sent(remote)
    duplicate(remote, 4)
    before = again(remote, 1)

    duplicate(remote)  # decisive

    assert (before, again(remote, 1)) == (1, 2)
    assert tcp_info(server).retransmits == 0


@pytest.mark.claim("tcp.windows.unsigned-by-setting")
@pytest.mark.parametrize(("setting", "signed"), [(1, True), (0, False)], ids=["signed", "unsigned"])
@over_ip
def test_window_to_a_peer_without_scaling_is_signed_where_the_setting_says_so(remote, sysctl, setting, signed):
    sysctl("net.ipv4.tcp_workaround_signed_windows", setting)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    remote.listener()

    remote.send("SYN <mss 1460>")  # decisive

    assert (remote.expect("SYN ACK").window <= LARGEST_SIGNED) == signed


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.even-intervals-by-setting")
@pytest.mark.parametrize(("setting", "doubled"), [(1, False), (0, True)], ids=["on", "off"])
@over_ip
def test_few_segments_are_sent_again_at_even_intervals_by_setting(remote, sysctl, setting, doubled):
    sysctl("net.ipv4.tcp_thin_linear_timeouts", 1 - setting)
    sysctl("net.ipv4.tcp_thin_linear_timeouts", setting)  # decisive
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    server = silent(remote)
    server.send(b"data")
    remote.expect("any 1:5(4)")

    for _ in range(2):
        late(remote, "any 1:5(4)", after=1)

    until(lambda: tcp_info(server).retransmits > 1, what="two time-outs")
    assert (tcp_info(server).backoff > 0) == doubled
