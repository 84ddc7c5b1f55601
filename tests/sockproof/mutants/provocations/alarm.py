"""An alarm for a call that has blocked for a while, however busy the machine is.

A timer that runs by the clock also goes off where the call was about to come back and its process had to wait for a
processor. Whoever started the process looks at it instead, and does not count that time.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field

AT_PID, AT_DUE, AT_SECONDS, AT_NUMBER = 0, 8, 16, 24
"""Words of memory: the process, 0 for no alarm; which has gone off, each has another number; seconds; which is set."""
WORD, REAL = struct.Struct("=q"), struct.Struct("=d")


class Alarm:
    """What a process asks for, in memory that it shares with whoever looks at it."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, mmap.PAGESIZE)
        self.number = 0

    def set(self, seconds: float) -> None:
        """SIGALRM comes once this process has blocked so long, one time; 0 for not at all."""
        WORD.pack_into(self.memory, AT_PID, 0)
        self.number = self._word(AT_NUMBER) + 1  # whoever was forked may have set one
        REAL.pack_into(self.memory, AT_SECONDS, seconds)
        WORD.pack_into(self.memory, AT_NUMBER, self.number)
        WORD.pack_into(self.memory, AT_PID, os.getpid() if seconds else 0)

    @property
    def is_due(self) -> bool:
        """Whether the signal that came is that of the alarm which is set now, not of one that was set off in time."""
        return bool(WORD.unpack_from(self.memory, AT_PID)[0]) and self._word(AT_DUE) == self.number

    def _word(self, place: int) -> int:
        return int(WORD.unpack_from(self.memory, place)[0])

    def asked(self) -> tuple[int, int, float]:
        """For whoever looks: the number, the process, and the seconds."""
        return self._word(AT_NUMBER), self._word(AT_PID), float(REAL.unpack_from(self.memory, AT_SECONDS)[0])

    def goes_off(self, number: int, pid: int) -> None:
        """Sends the signal of that alarm."""
        WORD.pack_into(self.memory, AT_DUE, number)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGALRM)


OURS = Alarm()
"""That of this process, which whoever started it shares."""


@dataclass
class Look:
    """Looks at one process and what it forks."""

    alarm: Alarm
    _number: int = field(default=0, init=False)
    _gone_off: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)

    def again(self) -> None:
        """Sends the signal where it is due."""
        number, pid, seconds = self.alarm.asked()
        if not pid or number == self._gone_off:
            return
        blocked = time.monotonic() - waited_for_a_processor(pid)
        if number != self._number:
            self._number, self._since = number, blocked
        elif blocked - self._since >= seconds and self.alarm.asked() == (number, pid, seconds):
            self._gone_off = number
            self.alarm.goes_off(number, pid)


def waited_for_a_processor(pid: int) -> float:
    """Seconds that a process could have run and did not; 0 where the kernel does not tell (schedstat)."""
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/schedstat", "rb") as file:
        return int(file.read().split()[1]) / 1e9
    return 0.0
