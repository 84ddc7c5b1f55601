"""The calls that move bytes between memory and a socket, each with one place of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from socket import socket

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.memory import Memory
from conformance.programs.arguments.outcomes import Cases

Mover = Callable[[int, Memory, int, int], int]
"""Given a descriptor, memory, and of the bytes to move the address and how many they are."""

SENDERS: dict[str, Mover] = {
    "send": lambda fd, _, at, size: called("send", fd, at, size, 0),
    "sendmmsg": lambda fd, memory, at, size: called("sendmmsg", fd, memory.message([(at, size)]), 1, 0),
    "sendmsg": lambda fd, memory, at, size: called("sendmsg", fd, memory.message([(at, size)]), 0),
    "sendto": lambda fd, _, at, size: called("sendto", fd, at, size, 0, None, 0),
    "write": lambda fd, _, at, size: called("write", fd, at, size),
    "writev": lambda fd, memory, at, size: called("writev", fd, memory.vector((at, size)), 1),
}
RECEIVERS: dict[str, Mover] = {
    "read": lambda fd, _, at, size: called("read", fd, at, size),
    "readv": lambda fd, memory, at, size: called("readv", fd, memory.vector((at, size)), 1),
    "recv": lambda fd, _, at, size: called("recv", fd, at, size, 0),
    "recvfrom": lambda fd, _, at, size: called("recvfrom", fd, at, size, 0, None, None),
    "recvmmsg": lambda fd, memory, at, size: called("recvmmsg", fd, memory.message([(at, size)]), 1, 0, None),
    "recvmsg": lambda fd, memory, at, size: called("recvmsg", fd, memory.message([(at, size)]), 0),
}


def moves(movers: Mapping[str, Mover], end: socket, memory: Memory, places: Mapping[str, int], size: int) -> Cases:
    """Each of the calls upon each of the places, by the names of both."""
    return {
        f"{name} {where}": partial(mover, end.fileno(), memory, at, size)
        for name, mover in movers.items()
        for where, at in places.items()
    }
