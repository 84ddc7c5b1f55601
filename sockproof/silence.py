"""Whether a run goes on: the command looks, since nothing inside a run can be sure to return.

Scenarios are bounded by the process that runs them, and their processes by those that started them. What is left are
the rig's own calls in the processes at the top, and any of them may never return on the kernel under test.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fixtures.evidence.patience import GENEROUS, USUAL
from reports.folder import AT_WORK

LONGEST = 300.0 * max(1.0, GENEROUS / USUAL)
"""Seconds in which a run shows a sign of life: ten times the longest that it lets anything take."""
IDLE = LONGEST / 3
"""Seconds for a run that does nothing meanwhile, and for the first sign: pytest has been imported by then."""
LITTLE = 0.01
"""Share of the processor's time up to which a run does nothing."""
WORKERS_OWE = (60.0 * max(1.0, GENEROUS / USUAL), 20.0 * max(1.0, GENEROUS / USUAL))
"""Seconds in which a worker that runs a scenario shows one, what it does four times in each; and once one did not."""
STANDSTILL = 5.0
"""Seconds between two looks from which on it was not the run alone that stood still."""
TIMES = 12
"""The place of the later of both times of the processor, behind the name."""
DEBUGGING = ("--pdb", "--trace")
"""Arguments of pytest with which a run waits for its user."""


class Silence:
    """How long a run has shown no sign of life at the file `pulse`."""

    def __init__(self, pulse: Path, longest: float = LONGEST) -> None:
        self.pulse, self.longest = pulse, longest
        self.is_too_long, self.lasted, self.where = False, longest, ""
        self.workers = Workers(pulse.parent)
        self._idle = min(longest, IDLE + max(0.0, longest - LONGEST))
        self._ran = 0.0
        self._shown = self._first = _time(pulse)
        self._since = self._looked = time.monotonic()

    def look(self, pid: int) -> bool:
        """Whether it has lasted too long; to be asked every second or so. A process that is stopped owes no sign."""
        now, shown = time.monotonic(), _time(self.pulse)
        if shown != self._shown or now - self._looked > STANDSTILL or state(pid) in "Tt":
            self._since, self._ran = now, ran(pid)
        self._shown, self._looked = shown, now
        self.workers.look()
        self.lasted = self._idle if shown == self._first or self._is_idle(pid, now) else self.longest
        self.is_too_long = now - self._since > self.lasted
        if self.is_too_long:
            self.where = asleep_in(pid)
        return self.is_too_long

    def _is_idle(self, pid: int, now: float) -> bool:
        """Whether it is worth asking, and the run has done next to nothing since its last sign."""
        silent = now - self._since
        return silent > self._idle and ran(pid) - self._ran < LITTLE * silent


class Workers:
    """The workers of a run that show by their files that they go on; who does not is ended, and another begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: list[str] = []
        self._shown: dict[Path, tuple[int, float]] = {}
        self._looked = time.monotonic()

    def look(self) -> None:
        """To be asked every second or so. A worker that has nothing to do owes no sign, nor one that is stopped."""
        now = time.monotonic()
        stood, self._looked = now - self._looked > STANDSTILL, now
        for path in self.folder.glob(AT_WORK.format(worker="*", pid="*")):
            name, pid = _worker(path)
            shown, before = _time(path), self._shown.get(path)
            if not shown or stood or before is None or before[0] != shown or state(pid) in "Tt":
                self._shown[path] = shown or 0, now
            elif now - before[1] > (longest := WORKERS_OWE[bool(self.ended)]):
                self.ended.append(name)
                end_tree(pid)
                print(f"sockproof: worker {name} did not come back for {longest:g} s, and was ended", file=sys.stderr)
                with suppress(OSError):
                    path.unlink()


def _worker(path: Path) -> tuple[str, int]:
    name, _, pid = path.name.removeprefix(AT_WORK.partition("{")[0]).rpartition("-")
    return name, int(pid)


def _time(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
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


def ran(pid: int) -> float:
    """Seconds of the processors' that a process and all that descend from it have had."""
    fields = [found for each in (pid, *descendants(pid)) if (found := _stat(each))]
    return sum(int(each[TIMES - 1]) + int(each[TIMES]) for each in fields) / os.sysconf("SC_CLK_TCK")


def asleep_in(pid: int) -> str:
    """`` in do_sys_pause``: where in the kernel a process sleeps (proc(5), wchan); nothing where nobody tells."""
    with suppress(OSError):
        if where := Path(f"/proc/{pid}/wchan").read_text("ascii", "replace").strip("0\n"):
            return f" in {where}"
    return ""


def state(pid: int) -> str:
    """The letter of the state of a process (proc_pid_stat(5)); a question mark where nobody tells."""
    fields = _stat(pid)
    return fields[0] if fields else "?"


def _stat(pid: int) -> list[str] | None:
    """What stands behind the name: the state, the parent, and so on; None where that is not told as proc(5) says."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields if len(fields) > TIMES and all(fields[place].isdecimal() for place in (1, TIMES - 1, TIMES)) else None
