"""poll(2), select(2), epoll_wait(2) and those with a signal mask, as C has them: Python's own retry after EINTR."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import struct
from collections.abc import Callable, Collection
from resource import RUSAGE_THREAD, getrusage

import pytest

from conformance.waiting.select.sets import bit_array, fd_set
from fixtures.evidence.recorder import RecordedSocket

_libc = ctypes.CDLL(None, use_errno=True)
SIGSET = 128
"""Bytes of the C library's sigset_t, more than the kernel reads."""
EVENT = 12
"""Bytes of struct epoll_event where it is packed; elsewhere it is larger, and there is room for that too."""

Mask = Collection[signal.Signals] | None
Wait = Callable[..., int]


def _timespec(seconds: float | None) -> ctypes.Array[ctypes.c_char] | None:
    if seconds is None:
        return None
    return ctypes.create_string_buffer(struct.pack("ll", *divmod(round(seconds * 1e9), 1_000_000_000)), 16)


def _sigset(mask: Mask) -> ctypes.Array[ctypes.c_char] | None:
    if mask is None:
        return None
    return ctypes.create_string_buffer(bit_array([number - 1 for number in mask], SIGSET), SIGSET)


def _count(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def poll(end: RecordedSocket, seconds: float | None, *, mask: Mask = None) -> int:
    """How many descriptors poll(2), or ppoll(2) with a mask, has found readable. Raises OSError, also for EINTR."""
    one = ctypes.create_string_buffer(struct.pack("ihh", end.fileno(), select.POLLIN, 0), 8)
    if mask is not None:
        return _count(_libc.ppoll(one, 1, _timespec(seconds), _sigset(mask)))
    return _count(_libc.poll(one, 1, -1 if seconds is None else round(seconds * 1000)))


def selected(end: RecordedSocket, seconds: float | None, *, mask: Mask = None) -> int:
    """How many descriptors select(2), or pselect(2) with a mask, has found readable. Raises OSError, also for EINTR."""
    readable, size = fd_set({end.fileno()}), end.fileno() + 1
    if mask is not None:
        return _count(_libc.pselect(size, readable, None, None, _timespec(seconds), _sigset(mask)))
    limit = None if seconds is None else ctypes.create_string_buffer(struct.pack("ll", *_timeval(seconds)), 16)
    return _count(_libc.select(size, readable, None, None, limit))


def _timeval(seconds: float) -> tuple[int, int]:
    return divmod(round(seconds * 1_000_000), 1_000_000)


def epoll_wait(end: RecordedSocket, seconds: float | None, *, mask: Mask = None) -> int:
    """How many events epoll_wait(2), or epoll_pwait(2) with a mask, has told. Raises OSError, also for EINTR."""
    limit = -1 if seconds is None else round(seconds * 1000)
    events = ctypes.create_string_buffer(2 * EVENT)
    with select.epoll() as instance:
        instance.register(end.fileno(), select.EPOLLIN)
        if mask is not None:
            return _count(_libc.epoll_pwait(instance.fileno(), events, 1, limit, _sigset(mask)))
        return _count(_libc.epoll_wait(instance.fileno(), events, 1, limit))


def sleeps(call: Callable[[], object]) -> int:
    """How often this thread has given up its processor during `call`, to wait (ru_nvcsw of getrusage(2)).

    A page that has to be read in counts as well, so the least of several calls tells.
    """
    before = getrusage(RUSAGE_THREAD).ru_nvcsw
    call()
    return getrusage(RUSAGE_THREAD).ru_nvcsw - before


def epoll_create1(flags: int) -> int:
    """The descriptor of a new epoll instance; Python's own always sets EPOLL_CLOEXEC. Raises OSError."""
    return _count(_libc.epoll_create1(flags))


waits = pytest.mark.parametrize("wait", [poll, selected, epoll_wait], ids=["poll", "select", "epoll_wait"])
"""Runs a scenario once for each of the three calls."""
