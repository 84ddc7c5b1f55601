"""The settings that bound SO_SNDBUF and SO_RCVBUF, and the privilege that lifts the bound."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

from fixtures.stage.sysctls import read_sysctl

SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
"""asm-generic/socket.h."""
MAXIMUM = {SO_SNDBUF: "net.core.wmem_max", SO_RCVBUF: "net.core.rmem_max"}
"""The setting that bounds each option (socket(7))."""
_LINUX_CAPABILITY_VERSION_3 = 0x20080522


def most(option: int) -> int:
    """Bytes that may be asked for with that option.

    Raises Unavailable where the namespace does not show the setting: kernels differ in which of net.core they show.
    """
    return int(read_sysctl(MAXIMUM[option]))


def least(end: socket.socket, option: int) -> int:
    """What the kernel makes of a request for one byte."""
    end.setsockopt(SOL_SOCKET, option, 1)
    return end.getsockopt(SOL_SOCKET, option)


def give_up_capabilities() -> None:
    """Empties the calling thread's effective and permitted sets (capset(2)); for child processes. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(struct.pack("=Ii", _LINUX_CAPABILITY_VERSION_3, 0), bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
