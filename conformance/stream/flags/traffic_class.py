"""The TOS or traffic class of one datagram as a control message (ip(7), ipv6(7))."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Sequence

from fixtures.stage.families import Family

CLASS = 0xB8
"""Expedited forwarding (RFC 3246), which no default is."""
IP_RECVTOS = 13
"""linux/in.h."""
LEVELS = {socket.AF_INET: socket.IPPROTO_IP, socket.AF_INET6: socket.IPPROTO_IPV6}
KINDS = {socket.AF_INET: socket.IP_TOS, socket.AF_INET6: socket.IPV6_TCLASS}
ASKS = {socket.AF_INET: IP_RECVTOS, socket.AF_INET6: socket.IPV6_RECVTCLASS}


def tells_class(end: socket.socket, family: Family) -> None:
    """From now on each datagram comes with a control message that has its TOS or traffic class."""
    end.setsockopt(LEVELS[family.domain], ASKS[family.domain], 1)


def class_message(family: Family) -> tuple[int, int, bytes]:
    """A control message for sendmsg(2) that sets `CLASS`."""
    return LEVELS[family.domain], KINDS[family.domain], struct.pack("i", CLASS)


def carried_class(control: Sequence[tuple[int, int, bytes]], family: Family) -> int:
    """The number in the one control message of recvmsg(2): a byte of IPv4, an int of IPv6.

    Raises AssertionError where it is another message.
    """
    assert [(level, kind) for level, kind, _ in control] == [(LEVELS[family.domain], KINDS[family.domain])]
    assert len(control[0][2]) == (1 if family.domain == socket.AF_INET else 4), "the length of the control message"
    return int.from_bytes(control[0][2], sys.byteorder)
