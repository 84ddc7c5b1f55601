"""Descriptors that are passed over a socket: how they are sent, received and, at the end, closed."""

from __future__ import annotations

import os
import select
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import CMSG_SPACE, SCM_RIGHTS, SOL_SOCKET
from types import TracebackType
from typing import NamedTuple

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Deviation
from fixtures.evidence.waiting import ready

Ancillary = list[tuple[int, int, bytes]]
INT = struct.calcsize("i")
MOST = 253
"""SCM_MAX_FD (unix(7))."""


class Taken(NamedTuple):
    """What one recvmsg(2) gave: the data, the descriptors, and the flags."""

    data: bytes
    descriptors: list[int]
    flags: int

    @property
    def only(self) -> int:
        """The one descriptor that came. Raises Deviation where none or several have."""
        if len(self.descriptors) != 1:
            raise Deviation(f"expected  one descriptor\nobserved  {len(self.descriptors)} with {self.data!r}")
        return self.descriptors[0]


class Pipe(NamedTuple):
    """Both ends of a pipe."""

    reading: int
    writing: int


def rights(*descriptors: int) -> Ancillary:
    """The ancillary data of a sendmsg(2) that passes these descriptors."""
    return [(SOL_SOCKET, SCM_RIGHTS, struct.pack(f"{len(descriptors)}i", *descriptors))]


def room(count: int) -> int:
    """Bytes of msg_control in which `count` descriptors have room, and no more."""
    return CMSG_SPACE(count * INT) if count else 0


@dataclass
class Held:
    """Descriptors of one scenario. Leaving the block closes what is still open."""

    _open: dict[int, None] = field(default_factory=dict)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for descriptor in self._open:
            with suppress(OSError):
                os.close(descriptor)

    def pipe(self) -> Pipe:
        """A pipe."""
        ends = Pipe(*os.pipe())
        self._open.update(dict.fromkeys(ends))
        return ends

    def file(self, path: Path, content: bytes) -> int:
        """A descriptor of a new file, to read and to write, at its beginning."""
        path.write_bytes(content)
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._open[descriptor] = None
        return descriptor

    def keep(self, descriptor: int) -> int:
        """One that the scenario has come by, closed with it."""
        self._open[descriptor] = None
        return descriptor

    def close(self, descriptor: int) -> None:
        """Closes one now."""
        del self._open[descriptor]
        os.close(descriptor)

    def receive(self, end: RecordedSocket, *, most: int = MOST, flags: int = 0, size: int = 100) -> Taken:
        """What the next recvmsg(2) gives, with room for `most` descriptors."""
        ready(end, select.POLLIN)
        data, ancillary, found, _ = end.recvmsg(size, room(most), flags)
        return Taken(data, self.taken(ancillary), found)

    def taken(self, ancillary: Ancillary) -> list[int]:
        """The descriptors among what recvmsg(2) gave."""
        descriptors: list[int] = []
        for level, kind, content in ancillary:
            if (level, kind) == (SOL_SOCKET, SCM_RIGHTS):
                count = len(content) // INT
                descriptors += struct.unpack(f"{count}i", content[: count * INT])
        self._open.update(dict.fromkeys(descriptors))
        return descriptors


def at_end(reading: int) -> bool:
    """Whether no one holds the writing end of an empty pipe any more."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    return any(bits & select.POLLHUP for _, bits in poll.poll(0))
