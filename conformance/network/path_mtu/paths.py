"""What tells that a packet was too big for its path, and what the kernel then takes the path for."""

from __future__ import annotations

from socket import IPPROTO_IP, IPPROTO_IPV6, SOCK_DGRAM
from typing import Any

from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.stage.families import Family, ip4, ip6
from fixtures.wire.packet import Packet

LINK = 1500
"""The MTU of the device."""
HEADERS = {ip4: 40, ip6: 60}
"""Bytes of both headers of a segment without options."""
PATH_MTU = {ip4: (IPPROTO_IP, 14), ip6: (IPPROTO_IPV6, 24)}
"""IP_MTU and IPV6_MTU."""
DISCOVERY = {ip4: (IPPROTO_IP, 10), ip6: (IPPROTO_IPV6, 23)}
"""IP_MTU_DISCOVER and IPV6_MTU_DISCOVER."""
DONT, WANT, DO, PROBE, INTERFACE, OMIT = range(6)
"""IP_PMTUDISC_* of linux/in.h; those of IPv6 have the same numbers."""
TOLD = 1300
"""An MTU that nobody would choose by himself, and that both families allow."""


def too_big(remote: Remote, about: Packet | bytes, mtu: int) -> None:
    """A router says that the packet did not fit a link of `mtu` bytes (RFC 1191 4, RFC 4443 3.2)."""
    text = "ICMP type 3 code 4" if remote.family is ip4 else "ICMPv6 type 2 code 0"
    remote.send(text, about=about, information=mtu)


def came(remote: Remote) -> Packet:
    """The last message that the kernel has had: for those of which nothing else is seen. Raises Inconclusive."""
    return remote.came("ICMP" if remote.family is ip4 else "ICMPv6")


def mtu_of(end: RecordedSocket, family: Family) -> int:
    """What the socket takes its path for."""
    return int(end.getsockopt(*PATH_MTU[family]))


def large_segment(remote: Remote) -> tuple[RecordedSocket, Packet]:
    """A socket of the kernel's that has sent a segment as large as the link allows, and that segment."""
    mss = LINK - HEADERS[remote.family]
    server = remote.reach(options=f"<mss {mss}>")
    server.send(b"x" * mss)
    return server, remote.expect(f"any 1:*({mss})")


def with_number(packet: Packet, ahead: int) -> bytes:
    """The packet as if its sequence number were so much higher."""
    network = network_of(packet).copy()
    network["TCP"].seq = (network["TCP"].seq + ahead) % (1 << 32)
    return bytes(network)


def network_of(packet: Packet) -> Any:
    """The header of IP and what is behind it."""
    return packet.layers["IPv6"] if "IPv6" in packet.layers else packet.layers["IP"]


def sender_of(remote: Remote, discovery: int) -> RecordedSocket:
    """A datagram socket that is connected to the remote host and discovers the MTU of its path in that way."""
    sender = remote.peers.socket("sender", remote.family.domain, SOCK_DGRAM)
    sender.setsockopt(*DISCOVERY[remote.family], discovery)
    sender.connect(remote.address)
    remote.towards(sender)
    return sender


def large_datagram(remote: Remote, discovery: int) -> tuple[RecordedSocket, bytes]:
    """Such a socket that has sent a datagram as large as the link allows, and the head of that datagram."""
    sender = sender_of(remote, discovery)
    size = LINK - HEADERS[remote.family] + 12
    sender.send(b"x" * size)
    return sender, bytes(network_of(remote.expect(f"UDP ({size})")))


def fits(remote: Remote, mtu: int) -> int:
    """How many bytes a datagram may have to fit that MTU: 8 are UDP's (RFC 768)."""
    return mtu - HEADERS[remote.family] + 12
