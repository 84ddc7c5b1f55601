"""connect(2) to no address at all, which Python's sockets cannot spell."""

from __future__ import annotations

import ctypes
import os
import struct
from socket import AF_UNSPEC

from fixtures.evidence.recorder import RecordedSocket

_libc = ctypes.CDLL(None, use_errno=True)
NOBODY = struct.pack("=H14x", AF_UNSPEC)


def disconnect(end: RecordedSocket) -> None:
    """Dissolves the association of a datagram socket (connect(2), AF_UNSPEC). Raises OSError."""
    end.noted("connect", ("AF_UNSPEC",), lambda: _connect(end.fileno()))


def _connect(descriptor: int) -> None:
    if _libc.connect(descriptor, NOBODY, len(NOBODY)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
