"""Calls that block, as C has them (Python's own go on after EINTR), and children that are stopped and continued."""

from __future__ import annotations

import ctypes
import select
import struct
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from conformance.waiting.select.sets import fd_set
from fixtures.evidence.libc import checked
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import GENEROUS, until
from fixtures.stage.children import Child

_libc = ctypes.CDLL(None, use_errno=True)
_libc.recv.restype = _libc.send.restype = ctypes.c_ssize_t
LONG = 600
"""Seconds that no wait of a scenario lasts."""
PATIENT = GENEROUS * 10
"""Seconds of a time-out that never passes."""


def stopped_and_continued(child: Child, call: str) -> None:
    """Stops a child that is blocked in `call`, and lets it go on. Raises Deviation where it does not stop."""
    child.is_blocked_in(call)
    stat = Path(f"/proc/{child.pid}/stat")
    child.kill(SIGSTOP)
    until(lambda: stat.read_text("ascii", "replace").rpartition(")")[2].split()[0] == "T", what="the child stopped")
    child.kill(SIGCONT)


def poll(end: RecordedSocket) -> int:
    """How many descriptors poll(2) has found readable. Raises OSError."""
    one = ctypes.create_string_buffer(struct.pack("ihh", end.fileno(), select.POLLIN, 0), 8)
    return checked(_libc.poll(one, 1, LONG * 1000))


def selected(end: RecordedSocket) -> int:
    """How many descriptors select(2) has found readable. Raises OSError."""
    limit = ctypes.create_string_buffer(struct.pack("ll", LONG, 0))
    return checked(_libc.select(end.fileno() + 1, fd_set({end.fileno()}), None, None, limit))


def epoll_wait(end: RecordedSocket) -> int:
    """How many events epoll_wait(2) has told. Raises OSError."""
    with select.epoll() as instance:
        instance.register(end.fileno(), select.EPOLLIN)
        return checked(_libc.epoll_wait(instance.fileno(), ctypes.create_string_buffer(64), 1, LONG * 1000))


def recv(end: RecordedSocket) -> int:
    """How many bytes recv(2) has given. Raises OSError."""
    return checked(_libc.recv(end.fileno(), ctypes.create_string_buffer(100), 100, 0))


def accept(end: RecordedSocket) -> int:
    """A descriptor that accept(2) gave. Raises OSError."""
    return checked(_libc.accept(end.fileno(), None, None))


def send(end: RecordedSocket) -> int:
    """How many bytes send(2) took of many. Raises OSError."""
    size = 1 << 24
    return checked(_libc.send(end.fileno(), bytes(size), size, 0))
