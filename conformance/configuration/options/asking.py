"""Options of sockets that Python cannot ask for as they want to be asked, and numbers that it does not name."""

from __future__ import annotations

import ctypes
import struct
from socket import SOL_SOCKET

from fixtures.evidence.libc import checked
from fixtures.evidence.recorder import RecordedSocket

SO_ATTACH_FILTER, SO_PEERNAME, SO_MEMINFO, SO_DETACH_REUSEPORT_BPF, SO_BUF_LOCK, SO_TXREHASH = 26, 28, 55, 68, 72, 74
SO_RCVTIMEO_NEW, SO_SNDTIMEO_NEW, SO_TIMESTAMP_NEW, SO_TIMESTAMPNS_NEW, SO_MAX_PACING_RATE = 66, 67, 63, 64, 47
"""asm-generic/socket.h; SO_GET_FILTER is the number of SO_ATTACH_FILTER."""
MEMORY = struct.Struct("=9I")
"""What SO_MEMINFO tells (linux/sock_diag.h): of the queues and their limits, and last how much was dropped."""
STEP = struct.Struct("=HBBI")
"""struct sock_filter (linux/filter.h)."""
_libc = ctypes.CDLL(None, use_errno=True)


def filter_of(end: RecordedSocket, room: int) -> tuple[int, list[tuple[int, int]]]:
    """How many steps the filter has, and those that there is room for: code and constant. Raises OSError."""
    steps, count = ctypes.create_string_buffer(STEP.size * max(room, 1)), ctypes.c_uint32(room)
    checked(_libc.getsockopt(end.fileno(), SOL_SOCKET, SO_ATTACH_FILTER, steps, ctypes.byref(count)))
    found = [STEP.unpack_from(steps.raw, at * STEP.size) for at in range(min(room, count.value))]
    return count.value, [(code, constant) for code, _, _, constant in found]


def memory_of(end: RecordedSocket) -> tuple[int, ...]:
    """What SO_MEMINFO tells."""
    return MEMORY.unpack(end.getsockopt(SOL_SOCKET, SO_MEMINFO, MEMORY.size))
