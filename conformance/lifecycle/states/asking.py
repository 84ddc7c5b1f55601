"""The same question to a socket by each of the calls that ask it."""

from __future__ import annotations

import os
import select
import struct
from collections.abc import Callable
from errno import errorcode
from fcntl import ioctl
from socket import SHUT_RD, SHUT_RDWR, SHUT_WR, SO_ERROR, SOL_SOCKET

from conformance.waiting.epoll.watching import watching
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.spelling import spell_poll_events
from fixtures.evidence.waiting import EVERY_EVENT, readiness

FIONREAD = 0x541B
"""asm-generic/ioctls.h."""
ROOM = 8
"""Bytes that each receive has room for."""

RECEIVES: dict[str, Callable[[RecordedSocket], bytes]] = {
    "recv": lambda end: end.recv(ROOM),
    "recvfrom": lambda end: end.recvfrom(ROOM)[0],
    "recvmsg": lambda end: end.recvmsg(ROOM)[0],
    "read": lambda end: os.read(end.fileno(), ROOM),
    "readv": lambda end: _vector(end),
}
SENDS: dict[str, Callable[[RecordedSocket], int]] = {
    "send": lambda end: end.send(b"x"),
    "sendmsg": lambda end: end.sendmsg([b"x"]),
    "write": lambda end: os.write(end.fileno(), b"x"),
    "writev": lambda end: os.writev(end.fileno(), [b"", b"x"]),
}
SHUTS: dict[str, Callable[[RecordedSocket], None]] = {
    "SHUT_RD": lambda end: end.shutdown(SHUT_RD),
    "SHUT_WR": lambda end: end.shutdown(SHUT_WR),
    "SHUT_RDWR": lambda end: end.shutdown(SHUT_RDWR),
}


def _vector(end: RecordedSocket) -> bytes:
    first, second = bytearray(1), bytearray(ROOM - 1)
    count = os.readv(end.fileno(), [first, second])
    return bytes(first + second)[:count]


def read_nothing(end: RecordedSocket) -> bytes:
    """What read(2) of no bytes gives."""
    return os.read(end.fileno(), 0)


def queued(end: RecordedSocket) -> int:
    """What FIONREAD tells."""
    return int(struct.unpack("i", ioctl(end.fileno(), FIONREAD, bytes(4)))[0])


def named(end: RecordedSocket) -> str:
    """That the socket has a peer. Raises OSError where it has none."""
    end.getpeername()
    return "a name"


def accepted(end: RecordedSocket) -> str:
    """That a connection was accepted. Raises OSError where none was."""
    end.accept()[0].close()
    return "a connection"


def polled(end: RecordedSocket) -> str:
    """What poll(2) tells where all events are asked for."""
    return spell_poll_events(readiness(end))


def events(end: RecordedSocket) -> dict[str, int]:
    """What epoll_wait(2) tells where all events are asked for, edge-triggered too, and both where none is."""
    every = EVERY_EVENT
    return {
        "poll of nothing": readiness(end, 0),
        "poll of normal data": readiness(end, NORMAL),
        "epoll_wait": _watched(end, every),
        "epoll_wait of nothing": _watched(end, 0),
        "epoll_wait of an edge": _watched(end, every | select.EPOLLET),
    }


def _watched(end: RecordedSocket, asked: int) -> int:
    with watching(end, asked) as instance:
        return sum(bits for _, bits in instance.poll(0))


def sets(end: RecordedSocket) -> list[bool]:
    """Whether select(2) leaves the socket in the sets to read, to write and of exceptional conditions."""
    return [bool(found) for found in select.select([end], [end], [end], 0)]


def as_told(bits: int) -> dict[str, int]:
    """What events() is to give: where nothing is asked for, hang-ups and errors alone."""
    unasked = bits & (select.POLLERR | select.POLLHUP)
    normal = (select.POLLRDNORM if bits & select.POLLIN else 0) | (select.POLLWRNORM if bits & select.POLLOUT else 0)
    whole = {name: unasked if name.endswith("nothing") else bits for name in CALLS}
    return whole | {"poll of normal data": unasked | normal}


NORMAL = select.POLLRDNORM | select.POLLWRNORM
CALLS = ("poll of nothing", "epoll_wait", "epoll_wait of nothing", "epoll_wait of an edge")


def in_sets(bits: int) -> list[bool]:
    """What sets() is to give: POLLIN_SET, POLLOUT_SET and POLLEX_SET of select(2)."""
    readable = select.POLLIN | select.POLLHUP | select.POLLERR
    return [bool(bits & each) for each in (readable, select.POLLOUT | select.POLLERR, select.POLLPRI)]


def error(end: RecordedSocket) -> str | int:
    """What SO_ERROR tells, by name, or 0."""
    return errorcode.get(end.getsockopt(SOL_SOCKET, SO_ERROR), 0)
