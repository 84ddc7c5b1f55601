"""Addresses of raw sockets that Python would not let pass."""

from __future__ import annotations

import ctypes
import struct
from socket import AF_UNSPEC

from fixtures.evidence.libc import checked
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family

_libc = ctypes.CDLL(None, use_errno=True)
LENGTHS = {"ip4": 16, "ip6": 28}


def disconnect(end: RecordedSocket, family: Family) -> None:
    """connect(2) to an address of no family, which takes the peer away. Raises OSError."""
    length = LENGTHS[family.name]
    checked(_libc.connect(end.fileno(), struct.pack("=H", AF_UNSPEC).ljust(length, b"\0"), length))


def send_to(end: RecordedSocket, data: bytes, address: bytes) -> None:
    """sendto(2) with these bytes for an address. Raises OSError."""
    checked(_libc.sendto(end.fileno(), data, len(data), 0, address, len(address)))
