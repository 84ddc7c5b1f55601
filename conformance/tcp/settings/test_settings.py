"""Settings of TCP that decide on what is sent, each by what a peer sees of it (ip-sysctl)."""

import struct
from math import ceil
from socket import IPPROTO_TCP, SO_RCVBUF, SOL_SOCKET, TCP_INFO

import pytest

from conformance.network.path_mtu.paths import large_segment
from conformance.tcp.loss_recovery.flight import SIZE
from conformance.tcp.retransmission.silence import SECOND, late
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip
from fixtures.stage.namespaces import fresh_namespace
from fixtures.stage.sysctls import read_sysctl

CLASS = 0x48
"""A class of traffic (RFC 2474) with the two bits of congestion notification behind it, which are zero."""
OFFERED, SMALLEST = 100, 300
"""Bytes of a segment: what a peer asks for, and the least that is sent."""
BASE, FLOOR = 1024, 700
"""Bytes of a segment with which the search for an MTU begins, and below which it does not go."""
LIMIT = 10
"""Challenges in a second, of which a kernel makes up to half more by chance."""
PACING_RATE = 104
"""Where struct tcp_info has tcpi_pacing_rate (linux/tcp.h)."""


def class_of(packet):
    """The byte of a packet's IP header that has its class of traffic."""
    layers = packet.layers
    return layers["IPv6"].tc if "IPv6" in layers else layers["IP"].tos


@pytest.mark.claim("tcp.settings.class-of-the-syn")
@pytest.mark.needs("sysctl:net.ipv4.tcp_reflect_tos")
@pytest.mark.parametrize(("setting", "seen"), [(1, CLASS), (0, 0)], ids=["on", "off"])
@over_ip
def test_connection_has_the_class_of_its_syn_where_the_setting_says_so(remote, sysctl, setting, seen):
    sysctl("net.ipv4.tcp_reflect_tos", 1 - setting)
    sysctl("net.ipv4.tcp_reflect_tos", setting)  # decisive
    listener = remote.listener()

    remote.send("SYN <mss 1460>", ip={"tc" if remote.family.name == "ip6" else "tos": CLASS})

    assert class_of(remote.expect("SYN ACK")) == seen
    remote.send("ACK")
    remote.peers.accepting(listener).send(b"data")
    assert class_of(remote.expect("any (4)")) == seen


@pytest.mark.claim("tcp.settings.smallest-segment")
@over_ip
def test_peer_that_asks_for_tiny_segments_gets_those_of_the_setting(remote, sysctl):
    sysctl("net.ipv4.tcp_min_snd_mss", SMALLEST)  # decisive
    server = remote.reach(options=f"<mss {OFFERED}>")

    server.send(b"x" * 2 * SMALLEST)

    assert [remote.expect("any (1..)").length for _ in range(2)] == [SMALLEST] * 2


@pytest.mark.claim("tcp.settings.window-may-shrink")
@pytest.mark.needs("sysctl:net.ipv4.tcp_shrink_window")
@pytest.mark.parametrize(("setting", "shrinks"), [(1, True), (0, False)], ids=["on", "off"])
@over_ip
def test_window_shrinks_with_its_buffer_only_where_the_setting_says_so(remote, sysctl, setting, shrinks):
    sysctl("net.ipv4.tcp_shrink_window", 1 - setting)
    sysctl("net.ipv4.tcp_shrink_window", setting)  # decisive
    sysctl("net.ipv4.tcp_window_scaling", 1)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    server = remote.reach(options=f"<mss {SIZE},wscale 7>")
    remote.send(f"PSH ACK ({SIZE})")
    remote.settle()
    edge = remote.numbers.sent + remote.numbers.window

    server.setsockopt(SOL_SOCKET, SO_RCVBUF, 8192)
    remote.send("ACK seq 1 (10)")

    remote.settle()
    assert (remote.numbers.sent + remote.numbers.window < edge) == shrinks


@pytest.mark.beside
@pytest.mark.claim("tcp.settings.search-has-a-floor")
@pytest.mark.needs("sysctl:net.ipv4.tcp_mtu_probe_floor")
@over_ip
def test_segments_on_a_silent_path_become_no_smaller_than_the_floor(remote, sysctl):
    sysctl("net.ipv4.tcp_mtu_probing", 1)
    sysctl("net.ipv4.tcp_base_mss", BASE)
    sysctl("net.ipv4.tcp_mtu_probe_floor", FLOOR)  # decisive
    sysctl("net.ipv4.tcp_retries1", 1)
    sysctl("net.ipv4.tcp_retries2", 15)
    sysctl("net.ipv4.tcp_timestamps", 0)  # their option takes room that the size counts
    remote.let_timers_run()
    large_segment(remote)

    late(remote, f"any 1:*(1..{BASE})", after=2)
    assert late(remote, f"any 1:*(1..{BASE})", after=4).length == FLOOR


@pytest.mark.claim("tcp.settings.challenges-limited")
@over_ip
def test_no_more_challenges_leave_in_a_second_than_the_setting_says(remote, sysctl):
    sysctl("net.ipv4.tcp_invalid_ratelimit", 0)
    sysctl("net.ipv4.tcp_challenge_ack_limit", LIMIT)  # decisive
    remote.reach()

    for _ in range(10 * LIMIT):
        remote.send("RST seq snd.nxt+100")

    challenges = remote.seen("ACK (0) ack 1")
    assert challenges != []
    seconds = 1 + ceil((challenges[-1].at - challenges[0].at) / SECOND)
    assert len(challenges) <= seconds * LIMIT * 3 // 2


@pytest.mark.claim("tcp.settings.buckets-of-children")
@pytest.mark.needs("namespace", "sysctl:net.ipv4.tcp_child_ehash_entries")
@pytest.mark.parametrize(("asked", "made"), [(128, "128"), (100, "128"), (1000, "1024")])
def test_new_namespace_has_as_many_buckets_as_its_parent_says(sysctl, asked, made):
    sysctl("net.ipv4.tcp_child_ehash_entries", asked)  # decisive

    with fresh_namespace():
        assert read_sysctl("net.ipv4.tcp_ehash_entries") == made


@pytest.mark.claim("tcp.settings.pacing-by-ratio")
@pytest.mark.parametrize("ratio", [200, 500])
@over_ip
def test_pace_is_that_part_of_the_rate_which_the_setting_says(remote, sysctl, ratio):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_pacing_ss_ratio", 100)
    sysctl("net.ipv4.tcp_pacing_ss_ratio", ratio)  # decisive
    server = remote.reach()

    server.send(b"data")
    remote.receive(4)

    assert paced(server) == pytest.approx(rate(server) * ratio / 100, rel=0.02)


def paced(end):
    """Bytes in a second at which the kernel lets segments go."""
    return struct.unpack_from("=Q", end.getsockopt(IPPROTO_TCP, TCP_INFO, PACING_RATE + 8), PACING_RATE)[0]


def rate(end):
    """Bytes in a second that a window in a round trip makes."""
    info = tcp_info(end)
    return info.snd_cwnd * info.snd_mss / (info.rtt / 1_000_000)
