"""The calls that write to a socket, each as its manual page spells it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from socket import MSG_NOSIGNAL

import pytest

from conformance.datagram.udp.datagrams import batch, sendmmsg
from fixtures.evidence.recorder import RecordedSocket

Write = Callable[[RecordedSocket], int]

_libc = ctypes.CDLL(None, use_errno=True)


def sendto(end: RecordedSocket, flags: int = 0) -> int:
    """sendto(2) without an address, which Python's method asks for and a connected UNIX socket refuses."""
    count: int = _libc.sendto(end.fileno(), b"abc", 3, flags, None, 0)
    if count < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return count


def sendfile(end: RecordedSocket) -> int:
    """sendfile(2) of a file of three bytes."""
    descriptor = os.memfd_create("three bytes", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, b"abc")
        return os.sendfile(end.fileno(), descriptor, 0, 3)
    finally:
        os.close(descriptor)


def splice(end: RecordedSocket) -> int:
    """splice(2) of a pipe with three bytes."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    try:
        os.write(writer, b"abc")
        return os.splice(reader, end.fileno(), 3)
    finally:
        os.close(reader)
        os.close(writer)


def in_a_batch(end: RecordedSocket, flags: int = 0) -> int:
    """sendmmsg(2) of one message with three bytes, which tells how many messages were sent."""
    return sendmmsg(end, batch([b"abc"]), flags) * 3


WRITES: dict[str, Write] = {
    "send": lambda end: end.send(b"abc"),
    "sendto": sendto,
    "sendmsg": lambda end: end.sendmsg([b"a", b"bc"]),
    "write": lambda end: os.write(end.fileno(), b"abc"),
    "writev": lambda end: os.writev(end.fileno(), [b"a", b"bc"]),
    "sendfile": sendfile,
    "splice": splice,
    "sendmmsg": in_a_batch,
}
WRITES_WITH_NOSIGNAL: dict[str, Write] = {
    "send": lambda end: end.send(b"abc", MSG_NOSIGNAL),
    "sendto": lambda end: sendto(end, MSG_NOSIGNAL),
    "sendmsg": lambda end: end.sendmsg([b"a", b"bc"], [], MSG_NOSIGNAL),
    "sendmmsg": lambda end: in_a_batch(end, MSG_NOSIGNAL),
}


def over(writes: dict[str, Write]) -> pytest.MarkDecorator:
    """Runs a scenario once for each call; its parameter `write` makes it, for the bytes abc."""
    return pytest.mark.parametrize("write", list(writes.values()), ids=list(writes))


over_writes = over(WRITES)
over_writes_with_nosignal = over(WRITES_WITH_NOSIGNAL)
