"""What a route says of the connections along it (ip-route(8))."""

from errno import EPERM
from socket import IPPROTO_TCP, TCP_CONGESTION

import pytest

from conformance.tcp.congestion.algorithms import algorithm, other
from conformance.tcp.fastopen.cookies import EARLY, cookie_in, hurried
from conformance.tcp.fastopen.opening import CLIENTS
from conformance.tcp.loss_recovery.flight import SIZE, queue
from conformance.tcp.retransmission.silence import timeout
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip

HEADERS = {"ip4": 40, "ip6": 60}
"""Bytes of both headers of a segment without options."""
SMALLER = 1300
"""An MTU below the device's, and above the smallest of IPv6."""
SEGMENTS = 40
"""More than are acknowledged at once when a connection begins."""
ECN = 1
"""RTAX_FEATURE_ECN of linux/rtnetlink.h."""


@pytest.mark.claim("tcp.route-metrics.initial-window")
@pytest.mark.parametrize("segments", [3, 14])
@over_ip
def test_first_flight_has_as_many_segments_as_the_route_says(remote, route, segments):
    route(initcwnd=segments)  # decisive
    server = remote.reach(options=f"<mss {SIZE}>", window=40 * SIZE)

    queue(server, 20)

    remote.settle()
    assert remote.numbers.received == 1 + segments * SIZE


@pytest.mark.claim("tcp.route-metrics.initial-receive-window")
@pytest.mark.parametrize("segments", [2, 5])
@over_ip
def test_first_window_has_as_many_segments_as_the_route_says(remote, route, segments):
    route(initrwnd=segments)  # decisive
    remote.listener()

    remote.send(f"SYN <mss {SIZE}>")

    answer = remote.expect("SYN ACK")
    assert answer.window == segments * tcp_mss(remote)


def tcp_mss(remote):
    """Bytes of the largest segment on the device's link."""
    return 1500 - HEADERS[remote.family.name]


@pytest.mark.claim("tcp.route-metrics.receive-window-bounded")
@over_ip
def test_first_window_is_no_larger_than_the_route_says(remote, route):
    route(window=5000)  # decisive
    remote.listener()

    remote.send(f"SYN <mss {SIZE}>")

    assert 0 < remote.expect("SYN ACK").window <= 5000


@pytest.mark.claim("tcp.route-metrics.advertised-mss")
@over_ip
def test_syn_offers_the_segment_size_that_the_route_says(remote, route):
    route(advmss=600)  # decisive

    remote.connecting()

    assert remote.seen("SYN <mss 600>") != []


@pytest.mark.claim("tcp.route-metrics.mtu")
@over_ip
def test_segments_fit_the_mtu_that_the_route_says(remote, route):
    route(mtu=SMALLER)  # decisive
    server = remote.reach(options=f"<mss {tcp_mss(remote)}>")
    room = SMALLER - HEADERS[remote.family.name]

    server.send(b"x" * 2 * room)

    assert [remote.expect("any (1..)").length for _ in range(2)] == [room] * 2


@pytest.mark.claim("tcp.route-metrics.hop-limit")
@over_ip
def test_packets_may_take_as_many_hops_as_the_route_says(remote, route):
    route(hoplimit=7)  # decisive

    remote.connecting()

    assert {packet.ttl for packet in remote.seen("SYN")} == {7}


@pytest.mark.claim("tcp.route-metrics.congestion-control")
@over_ip
def test_connection_has_the_algorithm_that_the_route_says(remote, route):
    route(congctl=other())  # decisive

    server = remote.reach()

    assert algorithm(server) == other()


@pytest.mark.claim("tcp.route-metrics.congestion-control-suggested")
@over_ip
def test_algorithm_of_a_route_may_be_chosen_again(remote, route):
    route(congctl=other())
    server = remote.reach()
    assert algorithm(server) == other()

    server.setsockopt(IPPROTO_TCP, TCP_CONGESTION, b"reno")  # decisive

    assert algorithm(server) == "reno"


@pytest.mark.claim("tcp.route-metrics.congestion-control-locked")
@over_ip
def test_locked_algorithm_may_not_be_chosen_again(remote, route):
    route(congctl=other(), lock=["congctl"])  # decisive
    server = remote.reach()

    with fails(EPERM):
        server.setsockopt(IPPROTO_TCP, TCP_CONGESTION, b"reno")

    assert algorithm(server) == other()


@pytest.mark.claim("tcp.route-metrics.ecn-asked-for")
@over_ip
def test_syn_asks_for_congestion_notification_where_the_route_says_so(remote, route):
    route(features=ECN)  # decisive

    remote.connecting()

    assert remote.seen("SYN ECE CWR !ACK") != []


@pytest.mark.claim("tcp.route-metrics.ecn-granted")
@over_ip
def test_syn_ack_grants_congestion_notification_where_the_route_says_so(remote, route):
    route(features=ECN)  # decisive
    remote.listener()

    remote.send("SYN ECE CWR <mss 1460>")

    remote.expect("SYN ACK ECE !CWR")


@pytest.mark.claim("tcp.route-metrics.threshold")
@over_ip
def test_slow_start_ends_where_the_route_says(remote, route, sysctl):
    sysctl("net.ipv4.tcp_no_ssthresh_metrics_save", 0)
    route(ssthresh=23, lock=["ssthresh"])  # decisive

    server = known(remote).reach()

    assert tcp_info(server).snd_ssthresh == 23


@pytest.mark.claim("tcp.route-metrics.congestion-window-bounded")
@over_ip
def test_congestion_window_never_grows_beyond_what_the_route_says(remote, route):
    route(cwnd=12, lock=["cwnd"])  # decisive
    again = known(remote)
    server = again.reach(options=f"<mss {SIZE}>", window=60 * SIZE)
    queue(server, 40)

    again.receive(20 * SIZE)

    assert tcp_info(server).snd_cwnd <= 12


@pytest.mark.claim("tcp.route-metrics.reordering")
@over_ip
def test_connection_expects_as_much_reordering_as_the_route_says(remote, route):
    route(reordering=9, lock=["reordering"])  # decisive

    server = known(remote).reach(options="<mss 1460,sackOK>")

    assert tcp_info(server).reordering == 9


def known(remote):
    """Another end on the same host, of which the kernel remembers something since a connection with it has ended."""
    remote.reach("TIME_WAIT")
    return remote.another("again")


@pytest.mark.claim("tcp.route-metrics.smallest-time-out")
@over_ip
def test_retransmissions_wait_as_long_as_the_route_says(remote, route):
    route(rto_min=7000)  # decisive
    server = remote.reach()

    server.send(b"data")
    remote.expect("any (4)")
    remote.send("ACK")
    remote.settle()

    assert 7 <= timeout(server) < 8


@pytest.mark.claim("tcp.route-metrics.acknowledged-at-once")
@over_ip
def test_every_segment_is_acknowledged_at_once_where_the_route_says_so(remote, route):
    route(quickack=1)  # decisive
    remote.reach()

    for _ in range(SEGMENTS):
        remote.send("PSH ACK (10)")

    answered = {packet.acknowledgement for packet in remote.seen("ACK !SYN (0)")}
    assert answered == {1 + 10 * number for number in range(1, SEGMENTS + 1)}


@pytest.mark.claim("tcp.route-metrics.no-cookie-shown")
@over_ip
def test_data_goes_without_a_cookie_where_the_route_says_so(remote, route, sysctl):
    sysctl("net.ipv4.tcp_fastopen", CLIENTS)
    route(fastopen_no_cookie=1)  # decisive

    syn = hurried(remote)

    assert (syn.payload, cookie_in(syn)) == (EARLY, None)
