"""Packets that a raw socket sends and receives: headers of IPv4 and UDP, and messages of ICMP."""

from __future__ import annotations

import socket
import struct
from socket import IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_UDP, SOCK_RAW

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers

IP_HEADER = struct.Struct("!BBHHHBBH4s4s")
"""Version and length, service, total length, identification, fragment, TTL, protocol, checksum, source, destination."""
HEADER = IP_HEADER.size
UDP_HEADER = 8
PING = {"ip4": (IPPROTO_ICMP, 8, 0), "ip6": (IPPROTO_ICMPV6, 128, 129)}
"""The protocol, the type of an echo request, and that of its reply (RFC 792, RFC 4443)."""
IP_HDRINCL, ICMP_FILTER, ICMP6_FILTER, SOL_RAW = 3, 1, 1, 255
"""linux/in.h, linux/icmp.h, linux/icmpv6.h."""


def raw(peers: Peers, family: Family, protocol: int = IPPROTO_UDP, *, lane: str = "raw") -> RecordedSocket:
    """A raw socket of that protocol."""
    return peers.socket(lane, family.domain, SOCK_RAW, protocol)


def datagram(to: int, data: bytes) -> bytes:
    """A datagram of UDP from port 9 to that port, without a checksum."""
    return struct.pack("!HHHH", 9, to, UDP_HEADER + len(data), 0) + data


def packet(destination: str, payload: bytes, *, source: str = "0.0.0.0", length: int = 0) -> bytes:
    """A packet of IPv4 with UDP in it, whose checksum is wrong and whose length is as given."""
    ends = socket.inet_aton(source), socket.inet_aton(destination)
    return IP_HEADER.pack(0x45, 0, length, 7, 0, 64, IPPROTO_UDP, 0xFFFF, *ends) + payload


def is_right(header: bytes) -> bool:
    """Whether the checksum of a header of IPv4 is right (RFC 791 3.1)."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    return (total & 0xFFFF) + (total >> 16) in (0xFFFF, 0)


def echo(family: Family) -> bytes:
    """An echo request; the checksum is right for IPv4 and absent for IPv6."""
    _, kind, _ = PING[family.name]
    body = struct.pack("!BBHHH", kind, 0, 0, 0x1234, 1)
    total = sum(struct.unpack("!4H", body))
    checksum = 0 if family.domain == socket.AF_INET6 else ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return body[:2] + struct.pack("!H", checksum) + body[4:]


def kind_of(family: Family, received: bytes) -> int:
    """The type of a message of ICMP as a raw socket gives it."""
    return received[0 if family.domain == socket.AF_INET6 else HEADER]
