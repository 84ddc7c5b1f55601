"""Addresses as bytes of C, and sockets that have or want one."""

from __future__ import annotations

import socket
import struct

from fixtures.evidence.expect import in_addr


def sockaddr(end: socket.socket) -> bytes:
    """The struct sockaddr of the name that `end` has."""
    name = socket.socket.getsockname(end)
    if end.family == socket.AF_UNIX:
        path = name if isinstance(name, bytes) else name.encode("ascii")
        return struct.pack("H", end.family) + path
    family_and_port, address = struct.pack("=H", end.family) + struct.pack("!H", name[1]), in_addr(name[0])
    if end.family == socket.AF_INET6:
        return family_and_port + bytes(4) + address + bytes(4)  # no flow label, no scope
    return family_and_port + address + bytes(8)


def peerless(end: socket.socket) -> bool:
    """Whether `end` has no peer."""
    try:
        socket.socket.getpeername(end)
    except OSError:
        return True
    return False


def nameless(end: socket.socket) -> bool:
    """Whether `end` has no name, or no port."""
    name = socket.socket.getsockname(end)
    return not name if end.family == socket.AF_UNIX else name[1] == 0
