"""recv(2) as the C library gives it: Python's own retries after EINTR, and does not call it for zero bytes."""

from __future__ import annotations

import ctypes
import os
import socket

_libc = ctypes.CDLL(None, use_errno=True)
_libc.recv.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_libc.recv.restype = ctypes.c_ssize_t
_libc.recvfrom.argtypes = (*_libc.recv.argtypes, ctypes.c_char_p, ctypes.c_void_p)
_libc.recvmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


def recv(end: socket.socket, size: int, flags: int = 0) -> bytes:
    """The bytes that one recv(2) gave, at most `size`. Raises OSError, also for EINTR."""
    buffer = ctypes.create_string_buffer(size or 1)
    count: int = _libc.recv(end.fileno(), buffer, size, flags)
    if count < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return buffer.raw[:count]


class _Message(ctypes.Structure):
    """struct msghdr (recvmsg(2)), with room for a name alone."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int),
    )  # fmt: skip


def recvfrom(end: socket.socket, *, room: int) -> tuple[bytes, int]:
    """What recvfrom(2) writes of the sender's name into `room` bytes, and the length that it tells."""
    name, length, data = ctypes.create_string_buffer(128), ctypes.c_uint32(room), ctypes.create_string_buffer(1)
    _checked(_libc.recvfrom(end.fileno(), data, 1, 0, name, ctypes.byref(length)))
    return name.raw[:room], length.value


def recvmsg(end: socket.socket, *, room: int) -> tuple[bytes, int]:
    """The same of recvmsg(2)."""
    name = ctypes.create_string_buffer(128)
    message = _Message(name=ctypes.addressof(name), namelen=room)
    _checked(_libc.recvmsg(end.fileno(), ctypes.byref(message), 0))
    return name.raw[:room], message.namelen


def _checked(count: int) -> None:
    if count < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
