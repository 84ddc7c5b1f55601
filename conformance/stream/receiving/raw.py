"""recv(2) as the C library gives it: Python's own retries after EINTR, and does not call it for zero bytes."""

from __future__ import annotations

import ctypes
import os
import socket

_libc = ctypes.CDLL(None, use_errno=True)
_libc.recv.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_libc.recv.restype = ctypes.c_ssize_t


def recv(end: socket.socket, size: int, flags: int = 0) -> bytes:
    """The bytes that one recv(2) gave, at most `size`. Raises OSError, also for EINTR."""
    buffer = ctypes.create_string_buffer(size or 1)
    count: int = _libc.recv(end.fileno(), buffer, size, flags)
    if count < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return buffer.raw[:count]
