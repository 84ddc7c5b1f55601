"""What the kernel tells of an epoll instance: /proc/PID/fdinfo (proc(5)), and kcmp(2)."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import select
import struct
from pathlib import Path
from platform import machine
from typing import NamedTuple

from fixtures.evidence.libc import checked
from fixtures.evidence.verdicts import Unavailable

_libc = ctypes.CDLL(None, use_errno=True)
KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272}
"""Its number (asm/unistd.h)."""
KCMP_FILE, KCMP_EPOLL_TFD = 0, 7
"""linux/kcmp.h."""
SLOT = struct.Struct("=IIQ")
"""struct kcmp_epoll_slot: the instance, the descriptor, and which of several with that number."""
LINE = re.compile(r"tfd:\s+(\d+) events:\s+([0-9a-f]+) data:\s+([0-9a-f]+)")


class Watched(NamedTuple):
    """A line of fdinfo that begins with ``tfd:``."""

    number: int
    events: int
    data: int


def watched_by(instance: select.epoll) -> list[Watched]:
    """What is registered in an instance, as the kernel shows it."""
    text = Path(f"/proc/thread-self/fdinfo/{instance.fileno()}").read_text("ascii")
    return [Watched(int(number), int(events, 16), int(data, 16)) for number, events, data in LINE.findall(text)]


def same_file(number: int, slot: tuple[int, int, int]) -> bool:
    """Whether a descriptor is that of a slot of an instance. Raises OSError, and Unavailable without kcmp(2)."""
    process = os.getpid()
    if machine() not in KCMP:
        raise Unavailable(f"the number of kcmp(2) on {machine()} is not known here", verdict="unsupported")
    call = KCMP[machine()]
    if _libc.syscall(call, process, process, KCMP_FILE, number, number) == -1 and ctypes.get_errno() == errno.ENOSYS:
        raise Unavailable("kcmp(2): ENOSYS", verdict="unsupported")
    return checked(_libc.syscall(call, process, process, KCMP_EPOLL_TFD, number, SLOT.pack(*slot))) == 0
