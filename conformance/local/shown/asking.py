"""What /proc and ioctl(2) tell of UNIX sockets."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from typing import NamedTuple

from fixtures.evidence.recorder import RecordedSocket

FIONREAD, SIOCOUTQ, SIOCATMARK, SIOCUNIXFILE = 0x541B, 0x5411, 0x8905, 0x89E0
"""asm/ioctls.h, linux/sockios.h, linux/un.h."""


class Row(NamedTuple):
    """A line of /proc/net/unix (proc(5))."""

    flags: int
    kind: int
    state: int
    name: bytes


def row_of(end: RecordedSocket) -> Row | None:
    """The line of that socket; None where it has none."""
    inode = b"%d" % os.fstat(end.fileno()).st_ino
    for line in Path("/proc/thread-self/net/unix").read_bytes().splitlines()[1:]:
        _, _, _, flags, kind, state, number, *name = line.split(None, 7)
        if number == inode:
            return Row(int(flags, 16), int(kind, 16), int(state, 16), name[0] if name else b"")
    return None


def descriptors_in(end: RecordedSocket) -> int | None:
    """How many descriptors wait to be received, as /proc/PID/fdinfo tells; None where it does not."""
    text = Path(f"/proc/thread-self/fdinfo/{end.fileno()}").read_text("ascii")
    found = [line.split()[1] for line in text.splitlines() if line.startswith("scm_fds:")]
    return int(found[0]) if found else None


def asked(end: RecordedSocket, request: int) -> int:
    """The int that an ioctl(2) gives. Raises OSError."""
    answer: int = struct.unpack("i", fcntl.ioctl(end, request, bytes(4)))[0]
    return answer


def file_of(end: RecordedSocket) -> int:
    """A descriptor of the file to which the name of a socket leads (SIOCUNIXFILE). Raises OSError."""
    return fcntl.ioctl(end, SIOCUNIXFILE)
