"""The TTL or hop limit of one datagram as a control message (ip(7), ipv6(7))."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from fixtures.stage.families import Family

HOPS = 7
"""A number that no default has."""
IP_RECVTTL = 12
"""linux/in.h."""


@dataclass(frozen=True)
class Hops:
    """The names of a domain: protocol level, type of the control message, and the option that asks for it."""

    level: int
    kind: int
    asks: int


NAMES = {
    socket.AF_INET: Hops(socket.IPPROTO_IP, socket.IP_TTL, IP_RECVTTL),
    socket.AF_INET6: Hops(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, socket.IPV6_RECVHOPLIMIT),
}


def tells_hops(end: socket.socket, family: Family) -> None:
    """From now on each datagram comes with a control message that has its TTL or hop limit."""
    names = NAMES[family.domain]
    end.setsockopt(names.level, names.asks, 1)


def hops_message(family: Family) -> tuple[int, int, bytes]:
    """A control message for sendmsg(2) that sets `HOPS`."""
    names = NAMES[family.domain]
    return names.level, names.kind, struct.pack("i", HOPS)


def carried_hops(control: Sequence[tuple[int, int, bytes]], family: Family) -> int:
    """The number in the one control message of recvmsg(2). Raises AssertionError where it is another message."""
    names = NAMES[family.domain]
    assert [(level, kind) for level, kind, _ in control] == [(names.level, names.kind)]
    content = control[0][2]
    assert len(content) == struct.calcsize("i")
    number: int = struct.unpack("i", content)[0]
    return number
