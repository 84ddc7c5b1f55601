"""Whole lists of sources as IP_MSFILTER and MCAST_MSFILTER have them (linux/in.h)."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Sequence
from typing import NamedTuple

from conformance.datagram.multicast.groups import Group
from fixtures.evidence.libc import checked
from fixtures.evidence.recorder import RecordedSocket

IP_MSFILTER, MCAST_MSFILTER, INCLUDE, EXCLUDE = 41, 48, 1, 0
_HEAD = struct.Struct("=I4x128sII")
"""struct group_filter without its list: interface, group, mode, number of sources."""
_OLDER = struct.Struct("=4s4sII")
"""struct ip_msfilter without its list: group, interface, mode, number."""
STORAGE, ADDRESS = 128, 4
_libc = ctypes.CDLL(None, use_errno=True)


class Told(NamedTuple):
    """The mode of a list, the number of all its sources, and those that there was room for."""

    mode: int
    count: int
    sources: list[str]


def storage(host: str) -> bytes:
    """A struct sockaddr_storage of that host, with port 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    head = struct.pack("=HH", family, 0) + bytes(4 if ":" in host else 0)
    return (head + socket.inet_pton(family, host)).ljust(STORAGE, b"\0")


def group_filter(group: Group, index: int, mode: int, *sources: str, count: int | None = None) -> bytes:
    """A struct group_filter of these sources; `count` is what it says of their number where that is wrong."""
    number = len(sources) if count is None else count
    return _HEAD.pack(index, storage(group.host), mode, number) + b"".join(map(storage, sources))


def older_filter(group: Group, mode: int, *sources: str, interface: str = "127.0.0.1") -> bytes:
    """A struct ip_msfilter of these sources, on the interface that has that address."""
    head = _OLDER.pack(socket.inet_aton(group.host), socket.inet_aton(interface), mode, len(sources))
    return head + b"".join(map(socket.inet_aton, sources))


def told(end: RecordedSocket, group: Group, index: int, *, room: int = 8) -> Told:
    """What MCAST_MSFILTER tells of the group where there is room for so many sources. Raises OSError."""
    value = _asked(end, group.level, MCAST_MSFILTER, _HEAD.pack(index, storage(group.host), 0, room), room * STORAGE)
    mode, count = _HEAD.unpack_from(value)[2:]
    at = 8 if group.family.domain == socket.AF_INET6 else 4
    return Told(mode, count, _hosts(value[_HEAD.size :], STORAGE, at, group.family.domain))


def told_by_older(end: RecordedSocket, group: Group, *, room: int = 8, interface: str = "127.0.0.1") -> Told:
    """What IP_MSFILTER tells of the group. Raises OSError."""
    head = _OLDER.pack(socket.inet_aton(group.host), socket.inet_aton(interface), 0, room)
    value = _asked(end, socket.IPPROTO_IP, IP_MSFILTER, head, room * ADDRESS)
    mode, count = _OLDER.unpack_from(value)[2:]
    return Told(mode, count, _hosts(value[_OLDER.size :], ADDRESS, 0, socket.AF_INET))


def _asked(end: RecordedSocket, level: int, option: int, head: bytes, room: int) -> bytes:
    value, length = ctypes.create_string_buffer(head, len(head) + room), ctypes.c_uint32(len(head) + room)
    checked(_libc.getsockopt(end.fileno(), level, option, value, ctypes.byref(length)))
    return value.raw[: length.value]


def _hosts(listed: bytes, each: int, at: int, domain: int) -> list[str]:
    size = 16 if domain == socket.AF_INET6 else 4
    parts: Sequence[bytes] = [listed[start + at :][:size] for start in range(0, len(listed), each)]
    return sorted(socket.inet_ntop(domain, part) for part in parts)
