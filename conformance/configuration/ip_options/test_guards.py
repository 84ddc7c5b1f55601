"""Options that let less through: hop limits that packets must have, fragments that must not be, and what a SYN was."""

from errno import EINPROGRESS, EMSGSIZE
from select import POLLOUT
from socket import (
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_TCP,
    IPV6_UNICAST_HOPS,
    SOCK_DGRAM,
    SOCK_STREAM,
)

import pytest

from conformance.datagram.udp.datagrams import LARGEST, ends
from conformance.network.raw.headers import raw
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import ip6, over, over_ip
from fixtures.stage.sysctls import read_sysctl

LEAST_HOPS = {"ip4": (IPPROTO_IP, 21), "ip6": (IPPROTO_IPV6, 73)}
"""IP_MINTTL and IPV6_MINHOPCOUNT."""
HOPS = {"ip4": (IPPROTO_IP, IP_TTL), "ip6": (IPPROTO_IPV6, IPV6_UNICAST_HOPS)}
IPV6_CHECKSUM, IPV6_DONTFRAG, TCP_SAVE_SYN, TCP_SAVED_SYN = 7, 62, 27, 28
"""linux/in.h, linux/in6.h, linux/tcp.h."""
EXPERIMENTAL = 253
"""A protocol for experiments (RFC 3692)."""
over_ip6 = over(ip6)


@pytest.mark.claim("tcp.least-hops.fewer-are-dropped")
@pytest.mark.needs(f"option:IPPROTO_IP.{LEAST_HOPS['ip4'][1]}")
@over_ip
def test_syn_with_fewer_hops_left_is_not_answered(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(*LEAST_HOPS[family.name], 100)  # decisive
    far, near = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("far", "near"))
    far.setsockopt(*HOPS[family.name], 99)
    near.setsockopt(*HOPS[family.name], 100)
    far.setblocking(False)

    with fails(EINPROGRESS):
        far.connect(listener.getsockname())
    near.connect(listener.getsockname())

    assert readiness(far, POLLOUT) == 0


@pytest.mark.claim("ip6.dontfrag.larger-emsgsize")
@pytest.mark.needs(f"option:IPPROTO_IPV6.{IPV6_DONTFRAG}", "buffers:100000")
@over_ip6
def test_datagram_that_would_be_fragmented_is_refused(peers, family):
    sender, receiver = ends(peers, family)
    assert sender.sendto(bytes(LARGEST["ip6"]), receiver.getsockname()) == LARGEST["ip6"]
    sender.setsockopt(IPPROTO_IPV6, IPV6_DONTFRAG, 1)  # decisive

    with fails(EMSGSIZE):
        sender.sendto(bytes(LARGEST["ip6"]), receiver.getsockname())


@pytest.mark.claim("ip6.hops.told-as-used")
@over_ip6
def test_hop_limit_of_a_new_socket_is_told(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    told = None

    told = end.getsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS)  # decisive

    assert told == int(read_sysctl("net.ipv6.conf.all.hop_limit"))


@pytest.mark.claim("raw.checksum.worked-out-where-asked")
@pytest.mark.needs("CAP_NET_RAW")
@over_ip6
def test_checksum_is_put_where_the_option_says(peers, family):
    sender, receiver = (raw(peers, family, EXPERIMENTAL, lane=lane) for lane in ("sender", "receiver"))
    sender.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 2)  # decisive

    sender.sendto(b"ab\0\0cd", (family.loopback, 0))

    data = receiver.recv(100)
    assert (data[:2], data[4:], data[2:4] != bytes(2)) == (b"ab", b"cd", True)


@pytest.mark.claim("raw.checksum.wrong-dropped")
@pytest.mark.needs("CAP_NET_RAW")
@over_ip6
def test_packet_with_a_wrong_checksum_is_dropped_where_asked(peers, family):
    sender, receiver = (raw(peers, family, EXPERIMENTAL, lane=lane) for lane in ("sender", "receiver"))
    receiver.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 2)  # decisive

    sender.sendto(bytes(6), (family.loopback, 0))
    sender.setsockopt(IPPROTO_IPV6, IPV6_CHECKSUM, 2)
    sender.sendto(b"ab\0\0cd", (family.loopback, 0))

    assert receiver.recv(100)[:2] == b"ab"


@pytest.mark.claim("tcp.saved-syn.given-once")
@pytest.mark.needs(f"option:IPPROTO_TCP.{TCP_SAVE_SYN}")
@over_ip
def test_syn_of_a_client_is_kept_and_given_once(peers, family, remembered_requests):
    listener = peers.listener(family)
    listener.setsockopt(IPPROTO_TCP, TCP_SAVE_SYN, 1)  # decisive
    client = peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)

    first, again = (server.getsockopt(IPPROTO_TCP, TCP_SAVED_SYN, 500) for _ in range(2))

    ports = b"".join(end.getsockname()[1].to_bytes(2, "big") for end in (client, listener))
    header = {"ip4": 20, "ip6": 40}[family.name]
    assert (first[header : header + 4], again) == (ports, b"")
