"""Programs of socket filters: classic ones, and the smallest of eBPF."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from socket import SOL_SOCKET

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.probes.privileges import BPF_CALL

SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER, SO_ATTACH_BPF = 26, 27, 44, 50
SO_ATTACH_REUSEPORT_CBPF, SO_ATTACH_REUSEPORT_EBPF = 51, 52
"""asm-generic/socket.h."""
RETURN, LOAD_BYTE, UNKNOWN = 0x06, 0x30, 0xFFFF
"""Codes of classic BPF: a constant as the verdict, a byte of the packet (linux/filter.h)."""
RETURN_LOADED = 0x16
_PROG_LOAD, _SOCKET_FILTER = 5, 1
_EXIT, _MOVE = 0x95, 0xB7
_INSTRUCTION = struct.Struct("=BBhi")
_ATTRIBUTES = struct.Struct("=IIQQIIQII")
_libc = ctypes.CDLL(None, use_errno=True)


def attach(end: RecordedSocket, *instructions: tuple[int, int], option: int = SO_ATTACH_FILTER) -> None:
    """Attaches a classic program of these codes and constants (socket(7), SO_ATTACH_FILTER). Raises OSError."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", at, 0, 0, k) for at, k in instructions))
    end.setsockopt(SOL_SOCKET, option, struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(code)))


@contextmanager
def program(verdict: int) -> Iterator[int]:
    """The descriptor of an eBPF program that always says `verdict` (bpf(2)). Raises OSError."""
    steps = ctypes.create_string_buffer(_INSTRUCTION.pack(_MOVE, 0, 0, verdict) + _INSTRUCTION.pack(_EXIT, 0, 0, 0))
    license_ = ctypes.create_string_buffer(b"GPL")
    places = ctypes.addressof(steps), ctypes.addressof(license_)
    attributes = ctypes.create_string_buffer(_ATTRIBUTES.pack(_SOCKET_FILTER, 2, *places, 0, 0, 0, 0, 0))
    descriptor = _libc.syscall(BPF_CALL[os.uname().machine], _PROG_LOAD, attributes, _ATTRIBUTES.size)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        yield descriptor
    finally:
        os.close(descriptor)
