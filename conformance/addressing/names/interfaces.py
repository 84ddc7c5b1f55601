"""Interfaces as the C library tells of them: if_nametoindex(3), if_indextoname(3) and getifaddrs(3)."""

from __future__ import annotations

import ctypes
import socket
from ctypes import POINTER, Structure, c_char_p, c_uint, c_void_p
from typing import NamedTuple

from fixtures.evidence.libc import checked

_libc = ctypes.CDLL(None, use_errno=True)
IF_NAMESIZE, IFF_BROADCAST = 16, 2


class _Address(Structure):
    """struct ifaddrs (getifaddrs(3))."""


_Address._fields_ = [
    ("next", POINTER(_Address)), ("name", c_char_p), ("flags", c_uint), ("address", c_void_p), ("mask", c_void_p),
    ("other", c_void_p), ("data", c_void_p),
]  # fmt: skip


class Address(NamedTuple):
    """An address of an interface, with its mask, and the address of all hosts where the interface has one."""

    interface: str
    family: int
    host: str
    mask: str | None
    broadcast: str | None


def index_of(name: str) -> tuple[int, int]:
    """What if_nametoindex(3) gives, and errno."""
    ctypes.set_errno(0)
    return int(_libc.if_nametoindex(name.encode())), ctypes.get_errno()


def name_of(index: int) -> tuple[str | None, int]:
    """What if_indextoname(3) gives, and errno."""
    ctypes.set_errno(0)
    room, call = ctypes.create_string_buffer(IF_NAMESIZE), _libc.if_indextoname
    call.restype = c_char_p
    found = call(index, room)
    return (None if found is None else found.decode()), ctypes.get_errno()


def addresses() -> list[Address]:
    """What getifaddrs(3) tells, of IPv4 and IPv6. Raises OSError."""
    head = POINTER(_Address)()
    checked(_libc.getifaddrs(ctypes.byref(head)))
    found, at = [], head
    while at:
        one = at.contents
        if (family := _family(one.address)) in (socket.AF_INET, socket.AF_INET6):
            broadcast = _host(one.other) if one.flags & IFF_BROADCAST else None
            found.append(Address(one.name.decode(), family, _host(one.address) or "", _host(one.mask), broadcast))
        at = one.next
    _libc.freeifaddrs(head)
    return found


def _family(at: int | None) -> int:
    return ctypes.c_uint16.from_address(at).value if at else 0


def _host(at: int | None) -> str | None:
    """The address of a struct sockaddr, as text."""
    family = _family(at)
    if at is None or family not in (socket.AF_INET, socket.AF_INET6):
        return None
    start, size = (8, 16) if family == socket.AF_INET6 else (4, 4)
    return socket.inet_ntop(family, ctypes.string_at(at + start, size))
