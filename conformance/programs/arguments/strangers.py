"""Descriptors that are no sockets, and numbers that are no descriptors."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from fcntl import F_DUPFD_CLOEXEC, fcntl
from resource import RLIMIT_NOFILE, getrlimit

from conformance.programs.arguments.calls import called


class Strangers:
    """A file, a pipe and an epoll instance; more where they are asked for."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self.file = self._kept(os.memfd_create("file"))
        os.write(self.file, b"content of the file")
        self.reading, self.writing = map(self._kept, os.pipe())
        self.epoll = self._kept(called("epoll_create1", 0))

    def _kept(self, descriptor: int) -> int:
        self._open.callback(os.close, descriptor)
        return descriptor

    @property
    def no_sockets(self) -> Mapping[str, int]:
        """Descriptors by what they are."""
        folder = self._kept(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
        return {"a file": self.file, "a directory": folder, "a pipe": self.writing, "epoll": self.epoll}

    def path_only(self, end: socket.socket) -> Mapping[str, int]:
        """O_PATH descriptors of a file, and of the socket `end` itself."""
        names = {"O_PATH of a file": self.file, "O_PATH of a socket": end.fileno()}
        return {what: self._kept(os.open(f"/proc/self/fd/{number}", os.O_PATH)) for what, number in names.items()}

    def numbers(self) -> Mapping[str, int]:
        """Numbers that are no open descriptors: one that was, and some that never are."""
        # In the middle: the lowest that are free are given to others, far below.
        closed = fcntl(self.file, F_DUPFD_CLOEXEC, getrlimit(RLIMIT_NOFILE)[0] // 2)
        os.close(closed)
        return {"closed": closed, "-1": -1, "the smallest int": -(2**31), "the largest int": 2**31 - 1}

    def close(self) -> None:
        """Closes them all."""
        self._open.close()


def lowest_free() -> int:
    """The number that the next descriptor will have."""
    number = os.dup(0)
    os.close(number)
    return number
