"""Headers of IP that a scenario asks for or sees: routes, classes, limits."""

from __future__ import annotations

import socket
from socket import IPPROTO_IP, IPPROTO_IPV6
from typing import Any

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import until
from fixtures.remote.host import Remote
from fixtures.remote.states import begin_to_connect
from fixtures.stage.families import ip4, ip6
from fixtures.stage.links import can_bind
from fixtures.stage.rtnetlink import Routes
from fixtures.stage.tap import NAME
from fixtures.wire.packet import Packet

IP_OPTIONS, IP_PKTOPTIONS, IP_RECVTOS = 4, 9, 13
CLASS = {ip4: (IPPROTO_IP, socket.IP_TOS), ip6: (IPPROTO_IPV6, socket.IPV6_TCLASS)}
HOPS = {ip4: (IPPROTO_IP, socket.IP_TTL), ip6: (IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)}
GIVEN, RECEIVED, LATER = "10.78.0.8", "10.78.0.9", "10.78.0.10"
"""Routers of routes: one that an application gives, one of a segment that came, one of a later segment."""
BETTER = {ip4: "10.78.0.5", ip6: "fd78::5"}
LOOSE_ROUTE, RECORD_ROUTE, TIME_STAMP = 0x83, 0x07, 0x44
"""Types of options (RFC 791 3.1)."""


def network(packet: Packet) -> Any:
    """The header of IP."""
    return packet.layers["IPv6"] if "IPv6" in packet.layers else packet.layers["IP"]


def class_of(packet: Packet) -> int:
    """Type of service of IPv4, traffic class of IPv6, with the bits of ECN."""
    header = network(packet)
    return int(header.tos if header.version == 4 else header.tc)


def hops_of(packet: Packet) -> int:
    """Time to live of IPv4, hop limit of IPv6."""
    header = network(packet)
    return int(header.ttl if header.version == 4 else header.hlim)


def option_of(packet: Packet, kind: int) -> bytes:
    """The option of that type in the header of IPv4, as its bytes; none where it is not there."""
    header = bytes(network(packet))
    options = header[20 : (header[0] & 15) * 4]
    while options and options[0]:
        size = options[1] if options[0] != 1 else 1
        if options[0] == kind:
            return options[:size]
        options = options[size:]
    return b""


def route_to(*routers: str, passed: bool = False) -> bytes:
    """A loose source route by way of these routers, filled up; `passed` where it has come to its end."""
    hosts = b"".join(map(socket.inet_aton, routers))
    return bytes([LOOSE_ROUTE, 3 + len(hosts), 4 + (len(hosts) if passed else 0)]) + hosts + b"\0"


def coming_by(router: str) -> dict[str, Any]:
    """Fields of a header that came by way of `router`, all of whose route is behind it.

    Scapy would count a route that it knows as such into the checksum of the segment, also where it has been passed.
    """
    from scapy.layers.inet import IPOption

    _, size, *content = route_to(router, passed=True)[:-1]
    return {"options": IPOption(copy_flag=1, option=LOOSE_ROUTE & 31, length=size, value=bytes(content))}


def opening(remote: Remote, *options: tuple[int, int, Any]) -> RecordedSocket:
    """A socket of the kernel's that has begun to connect, with these options set before."""
    client = remote.peers.socket("client", remote.family.domain, socket.SOCK_STREAM)
    for level, option, value in options:
        client.setsockopt(level, option, value)
    begin_to_connect(client, remote)
    return client


def answer(remote: Remote, pattern: str) -> Packet:
    """The kernel's next segment like `pattern`, whomever it is sent to."""
    packet = remote.wire.expect(f"* > * {pattern}")
    remote.numbers.take(packet)
    return packet


def prefer_another_address(remote: Remote) -> str:
    """The address that the kernel chooses from now on when it connects to the remote host."""
    index, better = socket.if_nametoindex(NAME), BETTER[remote.family]
    with Routes() as routes:
        routes.furnish(index, [better])
        until(lambda: remote.family is ip4 or can_bind(NAME, better), what=f"{better} to be usable")
        routes.lead(index, remote.host, source=better)
    return better
