"""What the kernel tells of an epoll instance: /proc/PID/fdinfo (proc(5)), and kcmp(2)."""

from __future__ import annotations

import ctypes
import os
import re
import select
import struct
from pathlib import Path
from platform import machine
from typing import NamedTuple

from fixtures.evidence.libc import checked
from fixtures.stage.probes.privileges import KCMP_CALL

_libc = ctypes.CDLL(None, use_errno=True)
KCMP_EPOLL_TFD = 7
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
    """Whether a descriptor is that of a slot of an instance. Raises OSError."""
    process, call = os.getpid(), KCMP_CALL[machine()]
    return checked(_libc.syscall(call, process, process, KCMP_EPOLL_TFD, number, SLOT.pack(*slot))) == 0
