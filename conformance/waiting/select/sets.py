"""select(2) as C has it: sets and a time limit that the call overwrites."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Collection
from typing import NamedTuple

_libc = ctypes.CDLL(None, use_errno=True)
SIZE = 1024 // 8
"""Bytes of an fd_set (select(2), FD_SETSIZE)."""
LONG = 8 * struct.calcsize("L")
"""Bits of one of the words that make up a set."""


class Outcome(NamedTuple):
    """What select(2) returned, and what it left of its arguments."""

    count: int
    readable: set[int]
    writable: set[int]
    seconds_left: float


def fd_set(numbers: set[int]) -> ctypes.Array[ctypes.c_char]:
    """A set with these descriptors."""
    return ctypes.create_string_buffer(bit_array(numbers, SIZE), SIZE)


def bit_array(numbers: Collection[int], size: int) -> bytes:
    """`size` bytes in which the bits of these numbers are set: the C library's arrays of long, in the host's order."""
    words = [sum(1 << number % LONG for number in numbers if number // LONG == at) for at in range(size * 8 // LONG)]
    return struct.pack(f"{len(words)}L", *words)


def members(bits: ctypes.Array[ctypes.c_char]) -> set[int]:
    """The descriptors of a set."""
    words = struct.unpack(f"{SIZE * 8 // LONG}L", bits.raw)
    return {number for number in range(SIZE * 8) if words[number // LONG] >> number % LONG & 1}


def select(readable: set[int], writable: set[int], seconds: float) -> Outcome:
    """select(2). Raises OSError."""
    sets = fd_set(readable), fd_set(writable)
    limit = ctypes.create_string_buffer(struct.pack("ll", *divmod(round(seconds * 1_000_000), 1_000_000)), 16)
    count = _libc.select(max(readable | writable) + 1, *sets, None, limit)
    if count < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    whole, micro = struct.unpack("ll", limit.raw)
    return Outcome(count, members(sets[0]), members(sets[1]), whole + micro / 1_000_000)
