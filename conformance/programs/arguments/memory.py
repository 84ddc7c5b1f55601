"""Memory that ends: a page that can be read and written, and behind it one that cannot."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Sequence

PAGE = mmap.PAGESIZE
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
PROT_NONE = 0
HEADER = struct.Struct("PIPNPNi0PI0P")
"""A struct mmsghdr (sendmmsg(2)): name, buffers, control data, flags, length."""


class Memory:
    """Two pages, of which no process may touch the second. Raises OSError where that cannot be had."""

    def __init__(self) -> None:
        self._pages = mmap.mmap(-1, 2 * PAGE)
        self._first = ctypes.c_char.from_buffer(self._pages)
        self.nowhere = ctypes.addressof(self._first) + PAGE
        """The address of the page that cannot be touched."""
        self._protect(PROT_NONE)
        self._used = 0

    def _protect(self, protection: int) -> None:
        if _libc.mprotect(self.nowhere, PAGE, protection) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def ending(self, data: bytes) -> int:
        """The address of `data`, behind whose last byte there is nothing."""
        self._pages[PAGE - len(data) : PAGE] = data
        return self.nowhere - len(data)

    def holding(self, data: bytes) -> int:
        """The address of `data`, in a place of its own that can be touched."""
        place = self._used
        self._used += -(-len(data) // 16) * 16
        self._pages[place : place + len(data)] = data
        return ctypes.addressof(self._first) + place

    def at(self, address: int, size: int) -> bytes:
        """The bytes there."""
        place = address - ctypes.addressof(self._first)
        return self._pages[place : place + size]

    def vector(self, *buffers: tuple[int, int]) -> int:
        """The address of an array of struct iovec, one for each address and size."""
        return self.holding(b"".join(struct.pack("PN", *buffer) for buffer in buffers))

    def message(
        self, buffers: Sequence[tuple[int, int]], *, name: tuple[int, int] = (0, 0), control: tuple[int, int] = (0, 0),
    ) -> int:  # fmt: skip
        """The address of a struct msghdr, with room behind it for the length of a struct mmsghdr."""
        return self.holding(self.header(buffers, name=name, control=control))

    def header(
        self, buffers: Sequence[tuple[int, int]], *, name: tuple[int, int] = (0, 0), control: tuple[int, int] = (0, 0),
    ) -> bytes:  # fmt: skip
        """A struct mmsghdr (sendmmsg(2)) with these buffers; `name` and `control` are address and size."""
        return HEADER.pack(*name, self.vector(*buffers), len(buffers), *control, 0, 0)

    def close(self) -> None:
        """Gives the pages back."""
        self._protect(mmap.PROT_READ | mmap.PROT_WRITE)
        del self._first
        self._pages.close()
