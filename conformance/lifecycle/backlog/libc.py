"""listen(2) and accept4(2) as C has them.

Python's own listen() turns a negative backlog into 0, and its accept() always asks for SOCK_CLOEXEC.
"""

from __future__ import annotations

import os
from ctypes import CDLL, byref, c_uint, create_string_buffer, get_errno

from fixtures.evidence.recorder import RecordedSocket

ROOM = 64
"""Bytes of memory for an address: more than any of the Internet has."""
_libc = CDLL(None, use_errno=True)


def listen(end: RecordedSocket, backlog: int) -> None:
    """listen(2) with any int. Raises OSError."""
    end.noted("listen", (backlog,), lambda: _checked(_libc.listen(end.fileno(), backlog)))


def accept(listener: RecordedSocket) -> int:
    """The descriptor that accept(2) gives. Raises OSError."""
    return listener.noted("accept", (), lambda: _checked(_libc.accept(listener.fileno(), None, None)))


def accept_into(listener: RecordedSocket, room: int) -> tuple[int, bytes, int]:
    """The descriptor of accept(2) that may write `room` bytes of address, those bytes, and the length it tells.

    What it writes behind them, which it must not, is among the bytes. Raises OSError.
    """
    address, length = create_string_buffer(b"\xff" * ROOM, ROOM), c_uint(room)
    number = listener.noted("accept", (), lambda: _checked(_libc.accept(listener.fileno(), address, byref(length))))
    return number, address.raw, length.value


def accept_nameless(listener: RecordedSocket, length: int) -> int:
    """The length after an accept(2) that has one and no address; what was accepted is closed. Raises OSError."""
    room = c_uint(length)
    os.close(listener.noted("accept", (), lambda: _checked(_libc.accept(listener.fileno(), None, byref(room)))))
    return room.value


def accept4(listener: RecordedSocket, flags: int) -> int:
    """The descriptor that accept4(2) gives with these flags. Raises OSError."""
    return listener.noted("accept4", (flags,), lambda: _checked(_libc.accept4(listener.fileno(), None, None, flags)))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(get_errno(), os.strerror(get_errno()))
    return result
