"""epoll_create(2), epoll_create1(2) and epoll_pwait2(2) as C has them, and instances inside instances."""

from __future__ import annotations

import ctypes
import os
import select
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from platform import machine

_libc = ctypes.CDLL(None, use_errno=True)
EVENT = 16
"""Bytes of struct epoll_event, with what some machines add to align it."""
EVENT_DATA = struct.Struct("=IQ" if machine() in ("x86_64", "i686") else "@IQ")
"""Events and data; x86 leaves out what would align the data (EPOLL_PACKED)."""
EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLWAKEUP = 1, 2, 1 << 29
"""linux/eventpoll.h."""
DEEPEST = 6
"""Instances in a row of which the last cannot be entered any more: a nesting deeper than five (epoll_ctl(2))."""


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def epoll_create(size: int) -> int:
    """The descriptor of a new instance. Raises OSError."""
    return _checked(_libc.epoll_create(size))


def epoll_create1(flags: int) -> int:
    """The descriptor of a new instance. Raises OSError."""
    return _checked(_libc.epoll_create1(flags))


def epoll_ctl(instance: int, operation: int, number: int, events: int = select.EPOLLIN) -> int:
    """As epoll_ctl(2), with any numbers. Raises OSError."""
    event = ctypes.create_string_buffer(struct.pack("=IQ", events, number), EVENT)
    return _checked(_libc.epoll_ctl(instance, operation, number, event))


def epoll_register(instance: int, number: int, events: int, data: int) -> None:
    """EPOLL_CTL_ADD with any data. Raises OSError."""
    event = EVENT_DATA.pack(events, data)
    _checked(_libc.epoll_ctl(instance, EPOLL_CTL_ADD, number, event))


def epoll_delete(instance: int, number: int) -> None:
    """EPOLL_CTL_DEL without an event. Raises OSError."""
    _checked(_libc.epoll_ctl(instance, EPOLL_CTL_DEL, number, None))


def epoll_wait(instance: int) -> list[tuple[int, int]]:
    """The event that is told now, and its data. Raises OSError."""
    events = ctypes.create_string_buffer(EVENT)
    count = _checked(_libc.epoll_wait(instance, events, 1, 0))
    return [EVENT_DATA.unpack_from(events)][:count]


def epoll_pwait2(instance: int, seconds: float | None) -> int:
    """How many events epoll_pwait2(2) has told, of at most one; None waits without end. Raises OSError."""
    limit = None if seconds is None else struct.pack("ll", int(seconds), round(seconds % 1 * 1e9))
    events = ctypes.create_string_buffer(EVENT)
    return _checked(_libc.epoll_pwait2(instance, events, 1, limit, None, 0))


@contextmanager
def instances(count: int) -> Iterator[list[select.epoll]]:
    """So many empty instances."""
    with ExitStack() as opened:
        yield [opened.enter_context(select.epoll()) for _ in range(count)]
