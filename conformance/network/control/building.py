"""Headers of options and of routes, as functions of the C library build and read them (RFC 3542 sections 7 and 10)."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_int, c_uint8, c_uint32, c_void_p
from typing import NamedTuple

libc = ctypes.CDLL(None, use_errno=True)
_TYPES = {
    "inet6_opt_init": (c_int, c_void_p, c_uint32),
    "inet6_opt_append": (c_int, c_void_p, c_uint32, c_int, c_uint8, c_uint32, c_uint32, POINTER(c_void_p)),
    "inet6_opt_finish": (c_int, c_void_p, c_uint32, c_int),
    "inet6_opt_set_val": (c_int, c_void_p, c_int, c_void_p, c_uint32),
    "inet6_opt_get_val": (c_int, c_void_p, c_int, c_void_p, c_uint32),
    "inet6_opt_next": (c_int, c_void_p, c_uint32, c_int, POINTER(c_uint8), POINTER(c_uint32), POINTER(c_void_p)),
    "inet6_opt_find": (c_int, c_void_p, c_uint32, c_int, c_uint8, POINTER(c_uint32), POINTER(c_void_p)),
    "inet6_rth_space": (c_uint32, c_int, c_int),
    "inet6_rth_init": (c_void_p, c_void_p, c_uint32, c_int, c_int),
    "inet6_rth_add": (c_int, c_void_p, c_void_p),
    "inet6_rth_reverse": (c_int, c_void_p, c_void_p),
    "inet6_rth_segments": (c_int, c_void_p),
    "inet6_rth_getaddr": (c_void_p, c_void_p, c_int),
}
for _name, (_result, *_arguments) in _TYPES.items():
    if hasattr(libc, _name):  # not every C library has them
        getattr(libc, _name).restype = _result
        getattr(libc, _name).argtypes = _arguments
FIRST, SECOND = 0x1E, 0x3E
"""Options for experiments (RFC 4727 section 3.2)."""
EMPTY = 2
"""Bytes of a header of options before its first one (RFC 8200 4.3)."""
HOSTS = [bytes([number]) * 16 for number in range(1, 5)]


class Option(NamedTuple):
    """What inet6_opt_next() gives: the length so far, type, length of the data, and where in the header it stands."""

    before: int
    kind: int
    length: int
    at: int


def memory(size: int, content: bytes = b"") -> ctypes.Array[ctypes.c_char]:
    """So many bytes, which begin with these."""
    return ctypes.create_string_buffer(content, size)


def header(size: int, *options: tuple[int, bytes, int]) -> ctypes.Array[ctypes.c_char]:
    """A header of options of so many bytes: type, data and alignment of each."""
    built, data, end = memory(size), c_void_p(), EMPTY
    libc.inet6_opt_init(built, size)
    for kind, content, align in options:
        end = libc.inet6_opt_append(built, size, end, kind, len(content), align, ctypes.byref(data))
        libc.inet6_opt_set_val(data, 0, content, len(content))
    libc.inet6_opt_finish(built, size, end)
    return built


def next_option(built: ctypes.Array[ctypes.c_char], before: int) -> Option:
    """The option behind that length."""
    kind, length, data = c_uint8(), c_uint32(), c_void_p()
    told = ctypes.byref(kind), ctypes.byref(length), ctypes.byref(data)
    end = libc.inet6_opt_next(built, len(built), before, *told)
    return Option(end, kind.value, length.value, (data.value or 0) - ctypes.addressof(built))


def found(built: ctypes.Array[ctypes.c_char], before: int, kind: int) -> tuple[int, int]:
    """What inet6_opt_find() gives for that type, and the length of the option's data."""
    length, data = c_uint32(), c_void_p()
    end = libc.inet6_opt_find(built, len(built), before, kind, ctypes.byref(length), ctypes.byref(data))
    return end, length.value


def route(size: int, segments: int, *hosts: bytes) -> ctypes.Array[ctypes.c_char]:
    """A routing header with room for so many addresses, and these in it."""
    built = memory(size)
    libc.inet6_rth_init(built, size, 0, segments)
    for host in hosts:
        libc.inet6_rth_add(built, host)
    return built


def addresses(built: ctypes.Array[ctypes.c_char]) -> list[bytes]:
    """The addresses of a routing header, byte for byte (RFC 8200 4.4)."""
    return [built.raw[at : at + 16] for at in range(8, 8 + 8 * built.raw[1], 16)]
