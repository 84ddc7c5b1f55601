"""Addresses as C has them: bind(2) with any bytes and any length, and names in a buffer of any size.

Python packs and unpacks addresses itself, and so hides lengths, byte order and what does not fit.
"""

from __future__ import annotations

import os
import struct
from ctypes import CDLL, byref, c_uint32, create_string_buffer, get_errno
from socket import AF_INET

from fixtures.evidence.expect import in_addr
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family

_libc = CDLL(None, use_errno=True)


def sockaddr(family: Family, host: str, port: int = 0) -> bytes:
    """A struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)) in network byte order."""
    if family.domain == AF_INET:
        return struct.pack("=H", family.domain) + port.to_bytes(2, "big") + in_addr(host) + bytes(8)
    return struct.pack("=H", family.domain) + port.to_bytes(2, "big") + bytes(4) + in_addr(host) + bytes(4)


def bind(end: RecordedSocket, address: bytes, *, length: int | None = None) -> None:
    """bind(2) with these bytes, of which `length` are told. Raises OSError."""
    told = len(address) if length is None else length
    end.noted("bind", (address[:told],), lambda: _checked(_libc.bind(end.fileno(), address, told)))


def getsockname(end: RecordedSocket, *, room: int = 128) -> tuple[bytes, int]:
    """What getsockname(2) writes into a buffer of `room` bytes, and the length that it tells. Raises OSError."""
    return _name(_libc.getsockname, end, room)


def getpeername(end: RecordedSocket, *, room: int = 128) -> tuple[bytes, int]:
    """What getpeername(2) writes into a buffer of `room` bytes, and the length that it tells. Raises OSError."""
    return _name(_libc.getpeername, end, room)


def _name(call: object, end: RecordedSocket, room: int) -> tuple[bytes, int]:
    buffer, length = create_string_buffer(b"\xff" * 256, 256), c_uint32(room)
    _checked(call(end.fileno(), buffer, byref(length)))  # type: ignore[operator]
    untouched = buffer.raw[room:] == b"\xff" * (256 - room)
    assert untouched, "bytes behind the buffer were written"
    return buffer.raw[: min(room, length.value)], length.value


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(get_errno(), os.strerror(get_errno()))


def sendto(end: RecordedSocket, data: bytes, address: bytes) -> int:
    """sendto(2) with these bytes of an address; how many bytes were taken. Raises OSError."""
    return int(end.noted("sendto", (data, address), lambda: _sent(end, data, address)))


def _sent(end: RecordedSocket, data: bytes, address: bytes) -> int:
    result = int(_libc.sendto(end.fileno(), data, len(data), 0, address, len(address)))
    _checked(min(result, 0))
    return result
