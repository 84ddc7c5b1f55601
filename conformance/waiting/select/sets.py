"""select(2) as C has it: sets and a time limit that the call overwrites."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import NamedTuple

_libc = ctypes.CDLL(None, use_errno=True)
SIZE = 1024 // 8
"""Bytes of an fd_set (select(2), FD_SETSIZE)."""


class Outcome(NamedTuple):
    """What select(2) returned, and what it left of its arguments."""

    count: int
    readable: set[int]
    writable: set[int]
    seconds_left: float


def fd_set(numbers: set[int]) -> ctypes.Array[ctypes.c_char]:
    """A set with these descriptors."""
    bits = sum(1 << number for number in numbers)
    return ctypes.create_string_buffer(bits.to_bytes(SIZE, "little"), SIZE)


def members(bits: ctypes.Array[ctypes.c_char]) -> set[int]:
    """The descriptors of a set."""
    value = int.from_bytes(bits.raw, "little")
    return {number for number in range(SIZE * 8) if value >> number & 1}


def select(readable: set[int], writable: set[int], seconds: float) -> Outcome:
    """select(2). Raises OSError."""
    sets = fd_set(readable), fd_set(writable)
    limit = ctypes.create_string_buffer(struct.pack("ll", *divmod(round(seconds * 1_000_000), 1_000_000)), 16)
    count = _libc.select(max(readable | writable) + 1, *sets, None, limit)
    if count < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    whole, micro = struct.unpack("ll", limit.raw)
    return Outcome(count, members(sets[0]), members(sets[1]), whole + micro / 1_000_000)
