"""Datagrams and what comes with them; recvmmsg(2) and sendmmsg(2), which Python lacks."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Sequence
from select import POLLIN
from typing import NamedTuple

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Address, Family
from fixtures.stage.peers import Peers

IP_PKTINFO, IP_RECVERR, IPV6_RECVERR, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 11, 25, 49, 50
SO_RXQ_OVFL, SO_TIMESTAMPNS = 40, 35
MSG_WAITFORONE = 0x10000
LARGEST = {"ip4": 65535 - 20 - 8, "ip6": 65535 - 8}
"""Bytes of data that fit a datagram: the length fields have 16 bits (RFC 768; RFC 791, total length; RFC 8200)."""
PACKET_INFO = {
    "ip4": (socket.IPPROTO_IP, IP_PKTINFO, socket.IPPROTO_IP, IP_PKTINFO),
    "ip6": (socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, socket.IPPROTO_IPV6, IPV6_PKTINFO),
}
"""Level and option that ask for the address of arrival, level and type of the message."""
RECEIVE_ERRORS = {"ip4": (socket.IPPROTO_IP, IP_RECVERR), "ip6": (socket.IPPROTO_IPV6, IPV6_RECVERR)}
SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6 = 2, 3
EXTENDED_ERROR = struct.Struct("=IBBBxII")
"""struct sock_extended_err: errno, origin, type, code, info, data (ip(7), IP_RECVERR)."""
OFFENDER = {"ip4": "4x4s", "ip6": "8x16s"}
"""Where the address stands in the struct sockaddr behind it."""
ROOM = 2048
_libc = ctypes.CDLL(None, use_errno=True)


def ends(peers: Peers, family: Family) -> tuple[RecordedSocket, RecordedSocket]:
    """A sender without a name, and a receiver on loopback."""
    return peers.socket("sender", family.domain, socket.SOCK_DGRAM), peers.datagram(family, lane="receiver")


def nobody(peers: Peers, family: Family) -> Address:
    """An address at which no datagram is taken: a port of ours was there, and is closed.

    Who sends there must be bound before, or it might be given that very port.
    """
    gone = peers.datagram(family, lane="gone")
    address = gone.getsockname()
    gone.close()
    return address


def all_came_through(peers: Peers, family: Family) -> None:
    """Returns when every datagram sent over loopback before is queued or lost: one behind them has arrived."""
    last = peers.datagram(family, lane="last")
    last.sendto(b"", last.getsockname())
    ready(last, POLLIN)


def asks_for_arrival(end: RecordedSocket, family: Family) -> None:
    """Each datagram brings the address to which it came."""
    level, option, _, _ = PACKET_INFO[family.name]
    end.setsockopt(level, option, 1)


def arrival(family: Family, ancillary: Sequence[tuple[int, int, bytes]]) -> list[tuple[str, str]]:
    """The addresses of arrival among these control messages, each with the name of its interface."""
    _, _, *wanted = PACKET_INFO[family.name]
    return [_arrived(family, content) for level, kind, content in ancillary if [level, kind] == wanted]


def _arrived(family: Family, info: bytes) -> tuple[str, str]:
    """What a struct in_pktinfo (ip(7)) or in6_pktinfo (RFC 3542 6) tells."""
    if family.domain == socket.AF_INET6:
        host, index = struct.unpack("=16sI", info)
    else:
        index, host = struct.unpack("=I4x4s", info)
    return socket.inet_ntop(family.domain, host), socket.if_indextoname(index)


def counts(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    """The numbers of lost datagrams among these control messages (SO_RXQ_OVFL)."""
    wanted = socket.SOL_SOCKET, SO_RXQ_OVFL
    return [int.from_bytes(content[:4], sys.byteorder) for at, of, content in ancillary if (at, of) == wanted]


class ExtendedError(NamedTuple):
    """What struct sock_extended_err tells of an error: why, who found it, in which words of ICMP, and at which host."""

    error: int
    origin: int
    type: int
    code: int
    offender: str


def extended_error(family: Family, message: bytes) -> ExtendedError:
    """The control message of an error queue, taken apart (ip(7), IP_RECVERR)."""
    error, origin, kind, code, _, _ = EXTENDED_ERROR.unpack_from(message)
    (domain,) = struct.unpack_from("=H", message, EXTENDED_ERROR.size)
    (host,) = struct.unpack_from(OFFENDER[family.name], message, EXTENDED_ERROR.size)
    offender = socket.inet_ntop(family.domain, host) if domain == family.domain else f"of the family {domain}"
    return ExtendedError(error, origin, kind, code, offender)


PORT_UNREACHABLE = {
    "ip4": ExtendedError(errno.ECONNREFUSED, SO_EE_ORIGIN_ICMP, 3, 3, "127.0.0.1"),
    "ip6": ExtendedError(errno.ECONNREFUSED, SO_EE_ORIGIN_ICMP6, 1, 4, "::1"),
}
"""What loopback answers where no socket takes a datagram (RFC 792, RFC 4443 3.1)."""


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Vector)),
        ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )  # fmt: skip


class _Message(ctypes.Structure):
    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


class Batch(NamedTuple):
    """Messages for one call, and the memory that they refer to."""

    messages: ctypes.Array[_Message]
    buffers: list[ctypes.Array[ctypes.c_char]]
    vectors: list[_Vector]

    @property
    def lengths(self) -> list[int]:
        """The length that the call gave to each message."""
        return [message.length for message in self.messages]

    @property
    def fields(self) -> list[tuple[int, int]]:
        """The length of the name, and the flags, that the call gave to each message."""
        return [(message.header.namelen, message.header.flags) for message in self.messages]

    def asks_for_names(self) -> list[ctypes.Array[ctypes.c_char]]:
        """Room for the name of each sender, more than it needs."""
        names = [ctypes.create_string_buffer(128) for _ in self.messages]
        for message, name in zip(self.messages, names, strict=True):
            message.header.name, message.header.namelen = ctypes.addressof(name), len(name)
        return names

    def asks_for_control(self) -> list[ctypes.Array[ctypes.c_char]]:
        """Room for the control messages of each."""
        rooms = [ctypes.create_string_buffer(64) for _ in self.messages]
        for message, control in zip(self.messages, rooms, strict=True):
            message.header.control, message.header.controllen = ctypes.addressof(control), len(control)
        return rooms

    def data(self, count: int) -> list[bytes]:
        """What the first `count` messages hold."""
        return [self.buffers[at].raw[: self.messages[at].length] for at in range(count)]


def batch(pieces: Sequence[bytes]) -> Batch:
    """Messages with these contents."""
    buffers = [ctypes.create_string_buffer(piece, max(1, len(piece))) for piece in pieces]
    vectors = [_Vector(ctypes.addressof(buffer), len(piece)) for buffer, piece in zip(buffers, pieces, strict=True)]
    messages = (_Message * len(pieces))()
    for message, vector in zip(messages, vectors, strict=True):
        message.header.vectors, message.header.count = ctypes.pointer(vector), 1
    return Batch(messages, buffers, vectors)


def room(count: int) -> Batch:
    """Messages to receive `count` datagrams into."""
    return batch([bytes(ROOM)] * count)


def sendmmsg(end: RecordedSocket, messages: Batch, flags: int = 0) -> int:
    """How many messages sendmmsg(2) has sent. Raises OSError."""
    count = len(messages.messages)
    arguments = end.fileno(), messages.messages, count, flags
    return int(end.noted("sendmmsg", (count, flags), lambda: _counted(_libc.sendmmsg(*arguments))))


def recvmmsg(end: RecordedSocket, messages: Batch, flags: int = 0, *, seconds: float | None = None) -> int:
    """How many messages recvmmsg(2) has received. Raises OSError."""
    limit = struct.pack("ll", int(seconds), round(seconds % 1 * 1e9)) if seconds is not None else None
    count = len(messages.messages)
    arguments = end.fileno(), messages.messages, count, flags, limit
    return int(end.noted("recvmmsg", (count, flags), lambda: _counted(_libc.recvmmsg(*arguments))))


def _counted(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
