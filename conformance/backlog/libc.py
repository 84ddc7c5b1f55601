"""listen(2) and accept4(2) as C has them.

Python's own listen() turns a negative backlog into 0, and its accept() always asks for SOCK_CLOEXEC.
"""

from __future__ import annotations

import os
from ctypes import CDLL, get_errno

from fixtures.recorder import RecordedSocket

_libc = CDLL(None, use_errno=True)


def listen(end: RecordedSocket, backlog: int) -> None:
    """listen(2) with any int. Raises OSError."""
    end.noted("listen", (backlog,), lambda: _checked(_libc.listen(end.fileno(), backlog)))


def accept(listener: RecordedSocket) -> int:
    """The descriptor that accept(2) gives. Raises OSError."""
    return listener.noted("accept", (), lambda: _checked(_libc.accept(listener.fileno(), None, None)))


def accept4(listener: RecordedSocket, flags: int) -> int:
    """The descriptor that accept4(2) gives with these flags. Raises OSError."""
    return listener.noted("accept4", (flags,), lambda: _checked(_libc.accept4(listener.fileno(), None, None, flags)))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(get_errno(), os.strerror(get_errno()))
    return result
