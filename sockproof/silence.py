"""Whether a run goes on: the command looks, since nothing inside a run can be sure to return.

Scenarios are bounded by the process that runs them, and their processes by those that started them. What is left are
the rig's own calls in the processes at the top, and any of them may never return on the kernel under test.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fixtures.evidence.patience import GENEROUS, USUAL

LONGEST = 300.0 * max(1.0, GENEROUS / USUAL)
"""Seconds in which a run shows a sign of life: ten times the longest that it lets anything take."""
STANDSTILL = 5.0
"""Seconds between two looks from which on it was not the run alone that stood still."""
DEBUGGING = ("--pdb", "--trace")
"""Arguments of pytest with which a run waits for its user."""


class Silence:
    """How long a run has shown no sign of life at the file `pulse`."""

    def __init__(self, pulse: Path, longest: float = LONGEST) -> None:
        self.pulse, self.longest = pulse, longest
        self.is_too_long = False
        self._shown: int | None = None
        self._since = self._looked = time.monotonic()

    def look(self, pid: int) -> bool:
        """Whether it has lasted too long; to be asked every second or so. A process that is stopped owes no sign."""
        now, shown = time.monotonic(), self._time()
        if shown != self._shown or now - self._looked > STANDSTILL or state(pid) in "Tt":
            self._since = now
        self._shown, self._looked = shown, now
        self.is_too_long = now - self._since > self.longest
        return self.is_too_long

    def _time(self) -> int | None:
        try:
            return self.pulse.stat().st_mtime_ns
        except OSError:
            return None


def end_tree(pid: int) -> None:
    """Kills a process and all that descend from it, as far as /proc tells."""
    for each in (pid, *descendants(pid)):
        with suppress(OSError):
            os.kill(each, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """The children of a process, theirs, and so on."""
    parents = dict(_parents())
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def _parents() -> Iterator[tuple[int, int]]:
    with suppress(OSError):
        for name in filter(str.isdecimal, os.listdir("/proc")):
            if (fields := _stat(int(name))) is not None:
                yield int(name), int(fields[1])


def state(pid: int) -> str:
    """The letter of the state of a process (proc_pid_stat(5)); a question mark where nobody tells."""
    fields = _stat(pid)
    return fields[0] if fields else "?"


def _stat(pid: int) -> list[str] | None:
    """What stands behind the name: the state, the parent, and so on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
