"""socketpair(2) as C has it: Python's own always asks for SOCK_CLOEXEC."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_UNIX

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def socketpair(kind: int, *, domain: int = AF_UNIX, protocol: int = 0) -> Iterator[tuple[int, int]]:
    """The descriptors of a new pair, closed when the block is left. Raises OSError."""
    ends = (ctypes.c_int * 2)()
    if _libc.socketpair(domain, kind, protocol, ends) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        yield ends[0], ends[1]
    finally:
        os.close(ends[0])
        os.close(ends[1])
