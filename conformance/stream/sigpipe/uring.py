"""send(2) as io_uring_enter(2) does it: one request, one completion. The C library has no call for either."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.stage.probes.installed import io_uring_setup

IO_URING_ENTER = 426
IORING_OP_SEND, IORING_ENTER_GETEVENTS = 26, 1
OFF_SQ_RING, OFF_CQ_RING, OFF_SQES = 0, 0x8000000, 0x10000000
PARAMETERS = struct.Struct("=10I 8IQ 8IQ")
"""struct io_uring_params of linux/io_uring.h: its head, and where things stand in the rings of requests and answers."""
REQUEST = struct.Struct("=BBHiQQII32x")
"""struct io_uring_sqe: operation, two sorts of flags, descriptor, offset, address, length, flags of the message."""
COMPLETION = struct.Struct("=QiI")
_libc = ctypes.CDLL(None, use_errno=True)


def send_by_ring(descriptor: int, data: bytes, flags: int = 0) -> int:
    """What a send through a ring of its own completes with: the number of bytes, or an errno below 0.

    Raises OSError where there is no ring to be had.
    """
    content = ctypes.create_string_buffer(data, len(data))
    with _ring() as (ring, places, requests, answers):
        tail, array, seen = places[11], places[16], places[24]
        request = (IORING_OP_SEND, 0, 0, descriptor, 0, ctypes.addressof(content), len(data), flags)
        REQUEST.pack_into(requests, 0, *request)
        with mmap.mmap(ring, array + 4, offset=OFF_SQ_RING) as queue:
            queue[array : array + 4] = bytes(4)
            queue[tail : tail + 4] = struct.pack("=I", 1)
        if _libc.syscall(IO_URING_ENTER, ring, 1, 1, IORING_ENTER_GETEVENTS, None, ctypes.c_size_t(0)) != 1:
            number = ctypes.get_errno()
            raise OSError(number, f"io_uring_enter: {os.strerror(number)}")
        return int(COMPLETION.unpack_from(answers, seen)[1])


@contextmanager
def _ring() -> Iterator[tuple[int, tuple[int, ...], mmap.mmap, mmap.mmap]]:
    """A ring of one request: its descriptor, its parameters, its request, and its answers."""
    ring, parameters = io_uring_setup(1)
    places = PARAMETERS.unpack(parameters)
    try:
        size = places[24] + 2 * COMPLETION.size
        with (
            mmap.mmap(ring, REQUEST.size, offset=OFF_SQES) as requests,
            mmap.mmap(ring, size, offset=OFF_CQ_RING) as answers,
        ):
            yield ring, places, requests, answers
    finally:
        os.close(ring)
