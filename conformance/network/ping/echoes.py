"""Echoes of ICMP and ICMPv6 as datagram sockets have them (RFC 792, RFC 4443)."""

from __future__ import annotations

import struct
from socket import IPPROTO_ICMP, IPPROTO_ICMPV6, SOCK_DGRAM

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.namespaces import Namespace
from fixtures.stage.peers import Peers
from fixtures.stage.sysctls import write_sysctl

PROTOCOL = {"ip4": IPPROTO_ICMP, "ip6": IPPROTO_ICMPV6}
REQUEST, REPLY = {"ip4": 8, "ip6": 128}, {"ip4": 0, "ip6": 129}
UNREACHABLE = {"ip4": 3, "ip6": 1}
GROUPS = "net.ipv4.ping_group_range"
"""Of both families (net/ipv4/ping.c, ping_init_sock())."""
_HEADER = struct.Struct("!BBHHH")


def permit(namespace: Namespace, group: int) -> None:
    """Lets that group alone have ping sockets, for as long as the namespace lasts.

    The setting is not put back: what a new namespace has, no user namespace but the first can write.
    """
    write_sysctl(namespace, GROUPS, f"{group} {group}")


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
