"""struct ucred: who a process is, as sockets tell it (unix(7))."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from socket import CMSG_SPACE, SCM_CREDENTIALS, SOL_SOCKET

from conformance.local.unix.rights import Ancillary
from fixtures.evidence.recorder import RecordedSocket

UCRED = struct.Struct("iii")
SIZE = UCRED.size
Credentials = tuple[int, int, int]
"""Process id, user id and group id."""


def ours() -> Credentials:
    """Those of the calling process."""
    return os.getpid(), os.getuid(), os.getgid()


def credentials(who: Credentials) -> Ancillary:
    """The ancillary data of a sendmsg(2) that specifies `who`."""
    return [(SOL_SOCKET, SCM_CREDENTIALS, UCRED.pack(*who))]


def received(end: RecordedSocket) -> tuple[bytes, list[Credentials]]:
    """The data of the next message, and the credentials that came with it."""
    data, ancillary, _, _ = end.recvmsg(100, CMSG_SPACE(SIZE))
    wanted = SOL_SOCKET, SCM_CREDENTIALS
    found = [UCRED.unpack(content) for level, kind, content in ancillary if (level, kind) == wanted]
    return data, found


def first_process(call: Callable[[], object]) -> int:
    """Has the first process of the PID namespace that was made for children call it; its number out here."""
    if (number := os.fork()) == 0:
        try:
            call()
        finally:
            os._exit(0)
    os.waitpid(number, 0)
    return number
