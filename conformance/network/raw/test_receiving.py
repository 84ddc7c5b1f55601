"""What raw sockets receive, and which of it they choose."""

import struct
import sys
from errno import ECONNREFUSED, EPERM
from select import POLLERR, POLLIN
from socket import IPPROTO_ICMPV6, IPPROTO_RAW, IPPROTO_TCP, SO_ERROR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.configuration.values.settings import unprivileged
from conformance.datagram.udp.datagrams import RECEIVE_ERRORS, nobody
from conformance.network.raw.headers import (
    HEADER,
    ICMP6_FILTER,
    ICMP_FILTER,
    PING,
    SOL_RAW,
    UDP_HEADER,
    datagram,
    echo,
    kind_of,
    raw,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import ip6, over, over_ip, over_ip4

needs_raw = pytest.mark.needs("CAP_NET_RAW", "namespace")
BLOCKING = {
    "ip4": lambda kind: (SOL_RAW, ICMP_FILTER, struct.pack("I", 1 << kind)),
    "ip6": lambda kind: (IPPROTO_ICMPV6, ICMP6_FILTER, (1 << kind).to_bytes(32, sys.byteorder)),
}
"""The option that keeps out messages of one type (raw(7), RFC 3542 3.2)."""


@pytest.mark.claim("raw.create.needs-privilege")
@over_ip
def test_raw_socket_needs_privilege(peers, family):
    with fails(EPERM):
        unprivileged(lambda: raw(peers, family).fileno())  # decisive


@pytest.mark.claim("raw.receive.ip4-with-header")
@needs_raw
@over_ip4
def test_packet_comes_with_its_header(peers, family):
    watcher, receiver = raw(peers, family), peers.datagram(family, lane="receiver")

    peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"seen", receiver.getsockname())  # decisive

    assert receiver.recv(9) == b"seen"
    seen = watcher.recv(99)
    assert (seen[0], seen[HEADER + UDP_HEADER :]) == (0x45, b"seen")


@pytest.mark.claim("raw.receive.ip6-without-header")
@needs_raw
@over(ip6)
def test_packet_of_ip6_comes_without_its_header(peers, family):
    watcher, receiver = raw(peers, family), peers.datagram(family, lane="receiver")

    peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"seen", receiver.getsockname())  # decisive

    assert receiver.recv(9) == b"seen"
    assert watcher.recv(99)[UDP_HEADER:] == b"seen"


@pytest.mark.claim("raw.receive.beside-the-kernel")
@needs_raw
@over_ip
def test_segments_are_seen_beside_the_connection(peers, family):
    watcher = raw(peers, family, IPPROTO_TCP)

    client, server = peers.pair(family)
    client.send(b"data")  # decisive

    ready(watcher, POLLIN)
    assert server.recv(9) == b"data"


@pytest.mark.claim("raw.receive.port-zero")
@needs_raw
@over_ip
def test_sender_of_a_packet_has_no_port(peers, family):
    watcher, receiver = raw(peers, family), peers.datagram(family, lane="receiver")
    sender = peers.datagram(family, lane="sender")

    sender.sendto(b"seen", receiver.getsockname())  # decisive

    assert watcher.recvfrom(99)[1][:2] == (family.loopback, 0)


@pytest.mark.claim("raw.receive.protocol-raw-receives-none")
@needs_raw
@over_ip
def test_socket_of_any_protocol_receives_nothing(peers, family):
    deaf, watcher = raw(peers, family, IPPROTO_RAW), raw(peers, family)
    receiver = peers.datagram(family, lane="receiver")

    peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"x", receiver.getsockname())  # decisive
    ready(watcher, POLLIN)

    assert readiness(deaf, POLLIN) == 0


@pytest.mark.claim("raw.bind.chooses-the-destination")
@needs_raw
@over_ip
def test_socket_that_is_bound_receives_what_is_sent_to_its_address(peers, family, link):
    watcher = raw(peers, family)
    watcher.bind((link.near_host(family), 0))  # decisive
    ends = [peers.datagram(family, lane=lane, host=host) for lane, host in
            (("other", family.loopback), ("wanted", link.near_host(family)))]  # fmt: skip

    for data, end in zip((b"other", b"wanted"), ends, strict=True):
        peers.socket("sender", family.domain, SOCK_DGRAM).sendto(data, end.getsockname())

    assert watcher.recv(99).endswith(b"wanted")


@pytest.mark.claim("raw.connect.chooses-the-source")
@needs_raw
@over_ip
def test_socket_that_is_connected_receives_from_its_peer_alone(peers, family, link):
    watcher = raw(peers, family)
    near = link.near_host(family)
    watcher.connect((near, 0))  # decisive
    receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
    port = receiver.getsockname()[1]

    for host in (family.loopback, near):
        sender = peers.datagram(family, lane="sender", host=host)
        sender.sendto(host.encode(), (near, port))

    assert watcher.recv(99).endswith(near.encode())


@pytest.mark.claim("raw.icmp-filter.keeps-out")
@needs_raw
@over_ip
def test_filter_keeps_out_one_type_of_message(peers, family):
    protocol, request, reply = PING[family.name]
    watcher = raw(peers, family, protocol)
    watcher.setsockopt(*BLOCKING[family.name](request))  # decisive

    raw(peers, family, protocol, lane="sender").sendto(echo(family), (family.loopback, 0))

    assert kind_of(family, watcher.recv(99)) == reply


@pytest.mark.claim("raw.icmp6.checksum-worked-out")
@needs_raw
@over(ip6)
def test_checksum_of_a_message_is_worked_out(peers, family):
    protocol, request, reply = PING[family.name]
    pinger = raw(peers, family, protocol)
    pinger.setsockopt(*BLOCKING[family.name](request))

    pinger.sendto(echo(family), (family.loopback, 0))  # decisive

    assert kind_of(family, pinger.recv(99)) == reply


@pytest.mark.claim("raw.errors.told-when-connected")
@needs_raw
@over_ip4
def test_socket_that_is_connected_is_told_of_a_refusal(peers, family):
    end, gone = raw(peers, family), nobody(peers, family)
    end.connect((family.loopback, 0))  # decisive

    end.send(datagram(gone[1], b"x"))

    ready(end, POLLERR)
    assert end.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED


@pytest.mark.claim("raw.errors.recverr-tells-all")
@needs_raw
@over_ip4
def test_socket_with_recverr_is_told_of_a_refusal_unconnected(peers, family):
    end, gone = raw(peers, family), nobody(peers, family)
    end.setsockopt(*RECEIVE_ERRORS[family.name], 1)  # decisive

    end.sendto(datagram(gone[1], b"x"), (family.loopback, 0))

    ready(end, POLLERR)
    assert end.getsockopt(SOL_SOCKET, SO_ERROR) == ECONNREFUSED
