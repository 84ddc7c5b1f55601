"""SYNs that are sent again, and how long a kernel without settings goes on."""

from itertools import pairwise

import pytest

from conformance.tcp.retransmission.silence import apart, forgotten, late, timeout
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip
from fixtures.stage.namespaces import fresh_namespace
from fixtures.stage.sysctls import read_sysctl

SMALLEST, LARGEST = 0.2, 120.0
"""Seconds of a time-out (ip-sysctl, tcp_rto_min_us and tcp_rto_max_ms)."""


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.syn-ack-sent-again")
@pytest.mark.needs("sock_diag")
@over_ip
def test_syn_ack_is_sent_again_as_often_as_the_setting_says(remote, sysctl):
    sysctl("net.ipv4.tcp_synack_retries", 1)
    listener = remote.listener()

    remote.send("SYN <mss 1460>")  # decisive

    first, second = (late(remote, "SYN ACK 0:*(0) ack 1", after=1) for _ in range(2))
    assert apart(first, second) >= 1 - JIFFY
    forgotten(remote, after=3)
    assert len(remote.seen("SYN ACK")) == 2
    assert listener.fileno() >= 0


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.syn-sent-again")
@over_ip
def test_syn_is_sent_again_with_the_same_number(remote):
    client = remote.connecting()  # decisive

    again = late(remote, "SYN !ACK 0:*(0)", after=1)

    syns = remote.seen("SYN !ACK")
    assert all(apart(one, other) >= 1 - JIFFY for one, other in pairwise(syns))
    assert again.sequence == syns[0].sequence
    assert client.fileno() >= 0


def setting(name):
    """What a sysctl of TCP is where nobody has changed it."""
    with fresh_namespace():
        return int(read_sysctl(f"net.ipv4.{name}"))


@pytest.mark.claim("tcp.retransmission.first-threshold")
@pytest.mark.needs("namespace")
def test_threshold_of_asking_for_another_route_is_three_or_more():
    repetitions = 0
    repetitions = setting("tcp_retries1")  # decisive

    assert repetitions >= 3


@pytest.mark.claim("tcp.retransmission.second-threshold")
@pytest.mark.needs("namespace")
def test_threshold_of_giving_up_is_beyond_100_seconds():
    repetitions = 0
    repetitions = setting("tcp_retries2")  # decisive

    waits = [min(SMALLEST * 2**number, LARGEST) for number in range(repetitions + 1)]
    assert sum(waits) >= 100


@pytest.mark.claim("tcp.retransmission.syn-threshold")
@pytest.mark.needs("namespace")
def test_syn_is_repeated_six_times_where_nobody_says_otherwise():
    repetitions = 0
    repetitions = setting("tcp_syn_retries")  # decisive

    assert repetitions == 6


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.three-seconds-after-a-repeated-syn")
@over_ip
def test_time_out_is_three_seconds_after_a_syn_that_was_sent_again(remote):
    remote.let_timers_run()
    client = remote.connecting()
    late(remote, "SYN !ACK 0:*(0)", after=1)

    remote.send("SYN ACK <mss 1460>")  # decisive

    remote.expect("ACK !SYN")
    assert timeout(client) >= 3 - JIFFY


def repeated(remote):
    """A socket of the kernel's whose SYN was sent twice more, and the first of them."""
    client = remote.connecting()
    for after in (1, 2):
        late(remote, "SYN !ACK 0:*(0)", after=after)
    return client, remote.seen("SYN !ACK")[0]


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.one-segment-after-lost-syns")
@over_ip
def test_connection_whose_syns_were_lost_begins_with_one_segment(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    client, _ = repeated(remote)  # decisive

    remote.send("SYN ACK <mss 1460>")

    remote.expect("ACK !SYN")
    assert tcp_info(client).snd_cwnd == 1


@pytest.mark.beside
@pytest.mark.claim("tcp.retransmission.needless-syns-forgiven")
@over_ip
def test_echo_of_the_first_syn_tells_that_none_was_lost(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_timestamps", 1)
    client, first = repeated(remote)
    stamp = dict(first.layers["TCP"].options)["Timestamp"][0]

    remote.send(f"SYN ACK <mss 1460,ts ts.now {stamp}>")  # decisive

    remote.expect("ACK !SYN")
    assert tcp_info(client).snd_cwnd > 1
