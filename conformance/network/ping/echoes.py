"""Echoes of ICMP and ICMPv6 as datagram sockets have them (RFC 792, RFC 4443)."""

from __future__ import annotations

import os
import struct
from socket import AF_INET, AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6, SOCK_DGRAM

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers

PROTOCOL = {"ip4": IPPROTO_ICMP, "ip6": IPPROTO_ICMPV6}
REQUEST, REPLY = {"ip4": 8, "ip6": 128}, {"ip4": 0, "ip6": 129}
UNREACHABLE = {"ip4": 3, "ip6": 1}
GROUPS = "net.ipv4.ping_group_range"
"""Of both families (net/ipv4/ping.c, ping_init_sock())."""
NOBODY = "1 0"
_HEADER = struct.Struct("!BBHHH")
DOMAINS = {"ip4": AF_INET, "ip6": AF_INET6}


def own_group() -> str:
    """A range of groups that has only that of this process."""
    return f"{os.getegid()} {os.getegid()}"


def ping_socket(peers: Peers, family: Family, lane: str = "end") -> RecordedSocket:
    """A datagram socket of ICMP. Raises OSError."""
    return peers.socket(lane, family.domain, SOCK_DGRAM, PROTOCOL[family.name])


def message(kind: int, identifier: int = 0, number: int = 0, data: bytes = b"") -> bytes:
    """A message of ICMP whose checksum is left to the kernel."""
    return _HEADER.pack(kind, 0, 0, identifier, number) + data


def parts(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Type, code, identifier, number and data of a message."""
    kind, code, _, identifier, number = _HEADER.unpack_from(data)
    return kind, code, identifier, number, data[_HEADER.size :]
