"""Calls that are for files, with a socket: as C has them, with any number."""

from __future__ import annotations

import ctypes
import os
from mmap import MAP_SHARED, PROT_READ, PROT_WRITE
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_TYPES = {"i": ctypes.c_int, "l": ctypes.c_long, "p": ctypes.c_void_p, "z": ctypes.c_size_t}
_SIGNATURES = {
    "lseek": "ili", "pread": "ipzl", "pwrite": "ipzl", "preadv": "ipil", "pwritev": "ipil", "preadv2": "ipili",
    "pwritev2": "ipili", "fsync": "i", "fdatasync": "i", "ftruncate": "il", "fallocate": "iill", "isatty": "i",
    "fchdir": "i", "mmap": "pziiil", "open": "pi",
}  # fmt: skip
"""Each argument: int, off_t, pointer, size_t."""
_LONG = frozenset({"lseek", "pread", "pwrite", "preadv", "pwritev", "preadv2", "pwritev2", "mmap"})

for _name, _signature in _SIGNATURES.items():
    _function = getattr(_libc, _name)
    _function.argtypes = tuple(_TYPES[letter] for letter in _signature)
    _function.restype = ctypes.c_ssize_t if _name in _LONG else ctypes.c_int


def called(name: str, *arguments: object) -> int:
    """What the C library's function of that name gives. Raises OSError where it gives -1."""
    result: int = getattr(_libc, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def is_terminal(number: int) -> int:
    """What isatty(3) gives, which is 0 and not -1 where it fails. Raises OSError then."""
    result: int = _libc.isatty(number)
    if result == 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mapped(number: int, protection: int = PROT_READ | PROT_WRITE) -> int:
    """Where mmap(2) has mapped a page of a descriptor. Raises OSError."""
    return called("mmap", None, os.sysconf("SC_PAGE_SIZE"), protection, MAP_SHARED, number, 0)


class Iovec(ctypes.Structure):
    """struct iovec (readv(2))."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Place:
    """Bytes in memory, and the struct iovec of them."""

    def __init__(self, content: bytes) -> None:
        self.bytes = ctypes.create_string_buffer(content, len(content))
        self.vector = ctypes.byref(Iovec(ctypes.addressof(self.bytes), len(content)))


def opened(path: Path) -> int:
    """A descriptor of a path, to read and to write. Raises OSError."""
    return called("open", os.fsencode(path), os.O_RDWR)
