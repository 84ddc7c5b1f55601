"""The name functions of the C library as C has them: return codes, errno, pointers.

Python turns the codes into exceptions, frees what is to be freed, and has no inet_ntoa() buffer to look at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import (
    CDLL,
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_size_t,
    c_uint16,
    c_uint32,
    c_void_p,
    cast,
    create_string_buffer,
    get_errno,
    set_errno,
    string_at,
)  # fmt: skip
from dataclasses import dataclass
from typing import Any

from fixtures.evidence.verdicts import Deviation, Unavailable

_libc = CDLL(None, use_errno=True)


class AddrInfo(Structure):
    """struct addrinfo (getaddrinfo(3))."""


AddrInfo._fields_ = [
    ("ai_flags", c_int), ("ai_family", c_int), ("ai_socktype", c_int), ("ai_protocol", c_int), ("ai_addrlen", c_uint32),
    ("ai_addr", c_void_p), ("ai_canonname", c_char_p), ("ai_next", POINTER(AddrInfo)),
]  # fmt: skip


class MallInfo(Structure):
    """struct mallinfo2 (mallinfo(3))."""

    _fields_ = [(name, c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a call returned, what errno was afterwards, and what it wrote."""

    result: int
    errno: int
    data: bytes


NOT_CALLED = Answer(2, 0, b"no call")
"""What stands where no call has been made."""
_libc.htons.restype = _libc.ntohs.restype = c_uint16
_libc.htonl.restype = _libc.ntohl.restype = c_uint32
_libc.htons.argtypes = _libc.ntohs.argtypes = [c_uint16]
_libc.htonl.argtypes = _libc.ntohl.argtypes = [c_uint32]
_libc.inet_ntop.restype = _libc.inet_ntoa.restype = c_void_p
_libc.inet_ntoa.argtypes = [c_uint32]
_libc.gai_strerror.restype = c_char_p
ORDERS = {"htons": (_libc.htons, 2), "htonl": (_libc.htonl, 4), "ntohs": (_libc.ntohs, 2), "ntohl": (_libc.ntohl, 4)}
"""The functions of byteorder(3), and the bytes of what they convert."""


def order(name: str, value: int) -> int:
    """htons(), htonl(), ntohs() or ntohl() of a number."""
    return int(ORDERS[name][0](value))


def inet_pton(family: int, text: str, *, errno: int = 0) -> Answer:
    """inet_pton(3), called with this `errno`; the data is what it wrote, 16 bytes of 0xff where nothing."""
    room = create_string_buffer(b"\xff" * 16, 16)
    set_errno(errno)
    result = _libc.inet_pton(family, text.encode(), room)
    return Answer(result, get_errno(), room.raw)


def inet_aton(text: str, *, errno: int = 0) -> Answer:
    """inet_aton(3), called with this `errno`."""
    room = create_string_buffer(b"\xff" * 4, 4)
    set_errno(errno)
    result = _libc.inet_aton(text.encode(), room)
    return Answer(result, get_errno(), room.raw)


def inet_ntop(family: int, address: bytes, *, room: int = 46) -> Answer:
    """inet_ntop(3) into a buffer of `room` bytes; the result is 1 for the buffer and 0 for NULL."""
    text = create_string_buffer(b"\xff" * 64, 64)
    set_errno(0)
    found = _libc.inet_ntop(family, address, text, c_uint32(room))
    if found not in (None, cast(text, c_void_p).value):
        raise Deviation("expected  inet_ntop() gives the buffer that it was given\nobserved  another pointer")
    return Answer(int(found is not None), get_errno(), text.raw.partition(b"\0")[0] if found else text.raw)


def inet_ntoa(address: bytes) -> int:
    """The pointer that inet_ntoa(3) gives."""
    return int(_libc.inet_ntoa(int.from_bytes(address, sys.byteorder)))


def text_at(pointer: int) -> str:
    """The text that a char pointer points to."""
    return string_at(pointer).decode()


@contextmanager
def getaddrinfo(node: str | None, service: str | None, **hints: int) -> Iterator[tuple[int, list[AddrInfo]]]:
    """The code that getaddrinfo(3) returns and the list that it made, freed when the block is left."""
    code, found = lookup(node, service, **hints)
    try:
        yield code, list(_items(found)) if code == 0 else []
    finally:
        if code == 0:
            freeaddrinfo(found)


def lookup(node: str | None, service: str | None, **hints: int) -> tuple[int, Any]:
    """The code and the list of getaddrinfo(3); the caller frees it. Without `hints` it is told NULL."""
    found, asked = POINTER(AddrInfo)(), AddrInfo(**hints)
    names = [name.encode() if name is not None else None for name in (node, service)]
    return _libc.getaddrinfo(*names, byref(asked) if hints else None, byref(found)), found


def _items(found: Any) -> Iterator[AddrInfo]:
    while found:
        yield found.contents
        found = found.contents.ai_next


def freeaddrinfo(found: Any) -> None:
    """freeaddrinfo(3)."""
    _libc.freeaddrinfo(found)


def gai_strerror(code: int) -> str:
    """gai_strerror(3)."""
    return str(_libc.gai_strerror(code).decode())


def getnameinfo(address: bytes, *, host: int = 1025, service: int = 32, flags: int = 0) -> tuple[int, str, str]:
    """The code of getnameinfo(3), host and service; `host` and `service` are the bytes that they may take."""
    hosts, services = create_string_buffer(1025), create_string_buffer(32)
    code = _libc.getnameinfo(address, len(address), hosts, host, services, service, flags)
    return code, hosts.value.decode(), services.value.decode()


def nothing_of(address: bytes, flags: int) -> int:
    """The code of getnameinfo(3) that is to give neither host nor service."""
    return int(_libc.getnameinfo(address, len(address), None, 0, None, 0, flags))


def allocated() -> int:
    """Bytes of the heap that are in use (mallinfo(3)). Raises Unavailable where the C library does not tell."""
    try:
        call = _libc.mallinfo2
    except AttributeError:
        raise Unavailable("the C library has no mallinfo2", verdict="unsupported") from None
    call.restype = MallInfo
    told = call()
    return int(told.uordblks + told.hblkhd)


def family_at(address: int) -> int:
    """sa_family of the struct sockaddr to which a pointer points."""
    return int.from_bytes(string_at(address, 2), sys.byteorder)
