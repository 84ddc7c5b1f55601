"""Descriptors with large numbers, sets of any size, and the system calls behind select(2), pselect(2) and poll(2)."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import select
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from platform import machine

from conformance.waiting.select.sets import bit_array
from fixtures.evidence.libc import checked
from fixtures.evidence.verdicts import Unavailable

_libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": {"select": 23, "pselect6": 270, "ppoll": 271},
    "aarch64": {"pselect6": 72, "ppoll": 73},
    "riscv64": {"pselect6": 72, "ppoll": 73},
}
"""Numbers of system calls (asm/unistd.h); newer machines have no select(2) of their own."""
STICKY_TIMEOUTS = 0x4000000
"""sys/personality.h."""
TIME = struct.Struct("ll")
ENTRY = struct.Struct("ihh")
"""struct pollfd."""


def number_of(call: str) -> int:
    """The number of that system call. Raises Unavailable on a machine that has none."""
    numbers = NUMBERS.get(machine(), {})
    if call not in numbers:
        raise Unavailable(f"{machine()} has no system call {call}, or none that is known here", verdict="unsupported")
    return numbers[call]


class Limit:
    """A time limit in memory that a system call may write to; its fraction counts in `units` a second."""

    def __init__(self, seconds: float, units: int) -> None:
        self.units = units
        self.memory = ctypes.create_string_buffer(TIME.pack(*divmod(round(seconds * units), units)), TIME.size)

    @property
    def seconds(self) -> float:
        """What it says now."""
        whole, fraction = TIME.unpack(self.memory.raw)
        return float(whole + fraction / self.units)


def raw_wait(call: str, number: int, limit: Limit) -> int:
    """What the system call itself gives when one descriptor is waited for until it is readable. Raises OSError."""
    if call == "ppoll":
        one = ctypes.create_string_buffer(ENTRY.pack(number, select.POLLIN, 0), ENTRY.size)
        return checked(_libc.syscall(number_of(call), one, 1, limit.memory, None, 8))
    readable = ctypes.create_string_buffer(bit_array([number], 128), 128)
    return checked(_libc.syscall(number_of(call), number + 1, readable, None, None, limit.memory, None))


def limit_of(call: str, seconds: float) -> Limit:
    """A limit as that system call counts it: select(2) in microseconds, the others in nanoseconds."""
    return Limit(seconds, 1_000_000 if call == "select" else 1_000_000_000)


def raw_select(numbers: Collection[int], size: int) -> set[int]:
    """Which of these descriptors pselect6() finds readable now, by sets of `size` bits. Raises OSError."""
    readable = ctypes.create_string_buffer(bit_array(numbers, size // 8), size // 8)
    none = TIME.pack(0, 0)
    checked(_libc.syscall(number_of("pselect6"), size, readable, None, None, ctypes.create_string_buffer(none), None))
    return {number for number in numbers if readable.raw[number // 8] >> number % 8 & 1}


def polled(entries: Sequence[tuple[int, int]], milliseconds: int) -> tuple[int, list[int]]:
    """What poll(2) gives for these descriptors and events, and the events that it tells of each. Raises OSError."""
    memory = ctypes.create_string_buffer(b"".join(ENTRY.pack(*each, 0) for each in entries))
    count = checked(_libc.poll(memory, len(entries), milliseconds))
    return count, [ENTRY.unpack_from(memory, at * ENTRY.size)[2] for at in range(len(entries))]


@contextmanager
def high(number: int, least: int) -> Iterator[int]:
    """A duplicate of a descriptor with a number of at least `least`. Raises OSError."""
    duplicate = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, least)
    try:
        yield duplicate
    finally:
        os.close(duplicate)


def be_sticky() -> None:
    """Asks for time limits that are left alone when a signal handler ends the wait. Raises OSError."""
    if _libc.personality(checked(_libc.personality(0xFFFFFFFF)) | STICKY_TIMEOUTS) == -1:
        raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()])
