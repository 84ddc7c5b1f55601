"""Options of the IP level, and what they put into the header."""

from errno import EINVAL, EMSGSIZE
from socket import (
    IP_TOS,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_TCLASS,
    IPV6_UNICAST_HOPS,
    SOCK_DGRAM,
    SOL_SOCKET,
)

import pytest

from conformance.configuration.ip_options.headers import (
    DISCOVERY,
    DO,
    DONT,
    IP_MTU_DISCOVER,
    PATH_MTU,
    PROBE,
    WANT,
    carrying,
    forbidding_fragments,
    fragments_with_more,
    traffic_classes,
)
from conformance.datagram.udp.datagrams import ends
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_ip4

CLASS = {"ip4": (IPPROTO_IP, IP_TOS), "ip6": (IPPROTO_IPV6, IPV6_TCLASS)}
HOPS = {"ip4": (IPPROTO_IP, IP_TTL), "ip6": (IPPROTO_IPV6, IPV6_UNICAST_HOPS)}
DEFAULT_HOPS = {"ip4": "net.ipv4.ip_default_ttl", "ip6": "net.ipv6.conf.lo.hop_limit"}
EXPEDITED = 0xB8
"""The code point EF (RFC 3246), with the two bits of ECN at 0."""
CLASS_BITS = 0xFC
"""The bits of the class of traffic that are not ECN's (RFC 3168 5)."""
SO_BUSY_POLL = 46


@pytest.mark.claim("ip.tos.on-the-wire")
@over_ip
def test_class_of_traffic_stands_in_the_header(peers, family, wire):
    sender, receiver = ends(peers, family)
    sender.setsockopt(*CLASS[family.name], EXPEDITED)  # decisive

    sender.sendto(b"classified", receiver.getsockname())

    wire.expect("sender > receiver UDP (10)")
    assert traffic_classes(carrying(wire.frames, b"classified")) == {EXPEDITED}
    assert sender.getsockopt(*CLASS[family.name]) == EXPEDITED


@pytest.mark.claim("ip.tos.on-the-wire")
@over_ip
def test_class_of_traffic_stands_in_the_segments(stream_pair, family, wire):
    client, _ = stream_pair
    client.setsockopt(*CLASS[family.name], EXPEDITED)  # decisive

    client.send(b"classified")

    wire.expect("client > server (10)")
    segments = carrying(wire.frames, b"classified")
    assert {found & CLASS_BITS for found in traffic_classes(segments)} == {EXPEDITED}


@pytest.mark.claim("ip.tos.zero-by-default")
@over_ip
def test_class_of_traffic_is_zero_by_default(peers, family, wire):
    sender, receiver = ends(peers, family)
    assert sender.getsockopt(*CLASS[family.name]) == 0

    sender.sendto(b"unclassified", receiver.getsockname())  # decisive

    wire.expect("sender > receiver UDP (12)")
    assert traffic_classes(carrying(wire.frames, b"unclassified")) == {0}


@pytest.mark.claim("ip.tos.zero-by-default")
@over_ip
def test_class_of_traffic_of_segments_is_zero_by_default(stream_pair, wire):
    client, _ = stream_pair

    client.send(b"classified")  # decisive

    wire.expect("client > server (10)")
    segments = carrying(wire.frames, b"classified")
    assert {found & CLASS_BITS for found in traffic_classes(segments)} == {0}


@pytest.mark.claim("tcp.tos.keeps-ecn-bits")
@pytest.mark.parametrize(("ecn", "asked", "expected"), [(0, 3, 0), (1, 1, 2)], ids=["without-ecn", "with-ecn"])
@over_ip4
def test_stream_socket_keeps_the_bits_of_ecn(peers, family, sysctl, wire, ecn, asked, expected):
    sysctl("net.ipv4.tcp_congestion_control", "reno")  # others may ask for ECN whatever tcp_ecn says
    sysctl("net.ipv4.tcp_ecn", ecn)
    client, _ = peers.pair(family)

    client.setsockopt(*CLASS[family.name], EXPEDITED | asked)  # decisive
    client.send(b"classified")

    wire.expect("client > server (10)")
    first = next(frame for frame in wire.frames if frame.data.endswith(b"classified"))  # a repetition has no ECT
    assert traffic_classes([first]) == {EXPEDITED | expected}
    assert client.getsockopt(*CLASS[family.name]) & ~CLASS_BITS != asked


@pytest.mark.claim("ip.ttl.as-set")
@over_ip
def test_hop_limit_stands_in_the_header(peers, family, wire):
    sender, receiver = ends(peers, family)
    sender.setsockopt(*HOPS[family.name], 7)  # decisive

    sender.sendto(b"x", receiver.getsockname())

    wire.expect("sender > receiver UDP (1) ttl 7")


@pytest.mark.claim("ip.ttl.as-set")
@over_ip
def test_hop_limit_stands_in_the_segments(stream_pair, family, wire):
    client, _ = stream_pair
    client.setsockopt(*HOPS[family.name], 7)  # decisive

    client.send(b"x")

    wire.expect("client > server (1) ttl 7")


@pytest.mark.claim("ip.ttl.answers-of-a-listener")
@over_ip
def test_hop_limit_of_a_listener_stands_in_its_answers(peers, family, wire):
    listener = peers.listener(family)
    listener.setsockopt(*HOPS[family.name], 7)  # decisive

    peers.connecting(family, listener.getsockname())

    wire.expect("listener > client SYN ACK ttl 7")


@pytest.mark.claim("ip.ttl.default-by-sysctl")
@pytest.mark.parametrize("hops", [33, 64])
@over_ip
def test_hop_limit_is_the_default_of_the_system(peers, family, sysctl, wire, hops):
    sysctl(DEFAULT_HOPS[family.name], hops + 1)
    sysctl(DEFAULT_HOPS[family.name], hops)  # decisive
    sender, receiver = ends(peers, family)

    sender.sendto(b"x", receiver.getsockname())

    wire.expect(f"sender > receiver UDP (1) ttl {hops}")


@pytest.mark.claim("ip.ttl.default-by-sysctl")
@pytest.mark.parametrize("hops", [33, 64])
@over_ip
def test_hop_limit_of_segments_is_the_default_of_the_system(peers, family, sysctl, wire, hops):
    sysctl(DEFAULT_HOPS[family.name], hops + 1)
    sysctl(DEFAULT_HOPS[family.name], hops)  # decisive
    client, _ = peers.pair(family)

    client.send(b"x")

    wire.expect(f"client > server (1) ttl {hops}")


@pytest.mark.claim("ip.mtu-discover.forbids-fragments")
@pytest.mark.parametrize(("default", "mode", "expected"), [(0, DONT, False), (1, WANT, True), (1, DO, True)])
@over_ip4
def test_mode_decides_whether_routers_may_fragment(peers, family, link, sysctl, wire, default, mode, expected):
    sysctl("net.ipv4.ip_no_pmtu_disc", default)
    sender, address = neighbour(peers, family, link)
    sender.setsockopt(IPPROTO_IP, IP_MTU_DISCOVER, mode)  # decisive

    sender.sendto(bytes(100), address)

    wire.expect("sender > receiver UDP (100)")
    assert forbidding_fragments(wire.frames) == {expected}


def neighbour(peers, family, link):
    """A sender, and the address of a receiver at the far end of the link."""
    with link.far.entered():
        receiver = peers.socket("receiver", family.domain, SOCK_DGRAM)
        receiver.bind((link.far_host(family), 0))
    return peers.socket("sender", family.domain, SOCK_DGRAM), receiver.getsockname()


@pytest.mark.claim("ip.mtu-discover.too-large-refused")
@pytest.mark.parametrize("mode", [DO, PROBE])
@over_ip
def test_datagram_larger_than_the_link_is_refused(peers, family, link, mode):
    sender, address = neighbour(peers, family, link)
    sender.setsockopt(*DISCOVERY[family.name], mode)  # decisive

    with fails(EMSGSIZE):
        sender.sendto(bytes(3000), address)


@pytest.mark.claim("ip.mtu-discover.too-large-fragmented")
@over_ip
def test_datagram_larger_than_the_link_is_fragmented_otherwise(peers, family, link, wire):
    sender, address = neighbour(peers, family, link)
    sender.setsockopt(*DISCOVERY[family.name], WANT)

    assert sender.sendto(bytes(3000), address) == 3000  # decisive

    wire.settle()
    assert fragments_with_more(wire.frames) == 2


@pytest.mark.claim("ip.mtu.of-the-route")
@over_ip
def test_mtu_of_a_connected_socket_is_that_of_the_link(peers, family, link):
    sender, address = neighbour(peers, family, link)

    sender.connect(address)  # decisive

    assert sender.getsockopt(*PATH_MTU[family.name]) == 1500


@pytest.mark.claim("socket.busy-poll.never-negative")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_BUSY_POLL}")
@over_ip
def test_busy_polling_takes_a_time_and_nothing_below_zero(peers, family):
    sender, _ = ends(peers, family)
    sender.setsockopt(SOL_SOCKET, SO_BUSY_POLL, 0)

    with fails(EINVAL):
        sender.setsockopt(SOL_SOCKET, SO_BUSY_POLL, -1)  # decisive

    assert sender.getsockopt(SOL_SOCKET, SO_BUSY_POLL) == 0
