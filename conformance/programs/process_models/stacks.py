"""POSIX threads as C has them, and the address space that they take."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from fixtures.evidence.calls import as_one_call
from fixtures.evidence.waiting import until

THREADS = 48
"""More than the stacks of earlier threads that glibc may have kept for new ones."""
_libc = ctypes.CDLL(None, use_errno=True)
Ending = Callable[[ctypes.c_ulong], object]


def join(thread: ctypes.c_ulong) -> None:
    """Waits for the thread's end (pthread_join(3)). Raises OSError."""
    _checked(_libc.pthread_join(thread, None))


def detach(thread: ctypes.c_ulong) -> None:
    """Lets the thread clear itself away (pthread_detach(3)). Raises OSError."""
    _checked(_libc.pthread_detach(thread))


def leave(_: ctypes.c_ulong) -> None:
    """Neither."""


def address_space() -> int:
    """Kilobytes of the process's address space (VmSize of proc(5))."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmSize:\s*(\d+) kB$", status, re.MULTILINE)
    assert found, status
    return int(found[1])


def growth(ending: Ending) -> list[int]:
    """By how much each of `THREADS` threads that end at once makes the address space larger, the first left out.

    For child processes with one thread: glibc keeps the stack of the first for the next, where it may.
    """
    with as_one_call("starting threads"):
        sizes = [_size_after(ending) for _ in range(THREADS)]
    return [after - before for before, after in pairwise(sizes)]


def _size_after(ending: Ending) -> int:
    thread = ctypes.c_ulong()
    _checked(_libc.pthread_create(ctypes.byref(thread), None, _libc.getpid, None))
    ending(thread)
    until(lambda: len(os.listdir("/proc/self/task")) == 1, what="the end of the thread")
    return address_space()


def _checked(number: int) -> None:
    if number:
        raise OSError(number, os.strerror(number))
