"""How fast a connection is, by the kernel's count."""

from __future__ import annotations

import socket
import struct
from socket import IPPROTO_TCP, TCP_INFO

DELIVERY_RATE = struct.Struct("=160xQ")
"""tcpi_delivery_rate of struct tcp_info (linux/tcp.h, since Linux 4.9)."""


def delivery_rate(end: socket.socket) -> int:
    """The field of TCP_INFO with that name."""
    info = socket.socket.getsockopt(end, IPPROTO_TCP, TCP_INFO, 256)
    rate: int = DELIVERY_RATE.unpack_from(info.ljust(DELIVERY_RATE.size, b"\0"))[0]
    return rate
