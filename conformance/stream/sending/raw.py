"""send(2) as the C library gives it, for claims about signals: Python's own socket calls retry after EINTR."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from select import POLLIN

from fixtures.evidence.waiting import ready
from fixtures.stage.children import Child

_libc = ctypes.CDLL(None, use_errno=True)
_libc.send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_libc.send.restype = ctypes.c_ssize_t

PERIOD = 0.01
"""Seconds between two alarms; they repeat, so that one comes while the call is blocked."""


def send(end: socket.socket, data: bytes, flags: int = 0) -> int:
    """The bytes that one send(2) took. Raises OSError, also for EINTR."""
    count: int = _libc.send(end.fileno(), data, len(data), flags)
    if count < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return count


def alarm_again_and_again() -> None:
    """SIGALRM every `PERIOD`, with a handler that returns and is not set up with SA_RESTART.

    For child processes: the process that tests has a use for SIGALRM of its own.
    """
    signal.signal(signal.SIGALRM, lambda *_: None)  # signal.siginterrupt: installing one clears SA_RESTART
    signal.setitimer(signal.ITIMER_REAL, PERIOD, PERIOD)


def tell_of_alarms(writer: socket.socket) -> None:
    """A handler of SIGALRM that sends a byte by `writer` (signal_pair), without SA_RESTART; for child processes."""
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGALRM, lambda *_: None)


def interrupt(blocked: Child, call: str, reader: socket.socket) -> None:
    """Sends SIGALRM to a child that is seen to be blocked in `call`, and returns when its handler has been run."""
    blocked.is_blocked_in(call)
    blocked.kill(signal.SIGALRM)
    ready(reader, POLLIN)
    reader.recv(1)


@contextmanager
def signal_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends for signal.set_wakeup_fd: a byte comes out of the first for each signal that is handled.

    It comes at once, also while the call goes on that the signal hit.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        yield reader, writer
