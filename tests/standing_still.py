"""Runs a command on a machine that stands still again and again: none of its processes gets a processor for a moment.

    python -m tests.standing_still COMMAND ...

A cgroup is given a millisecond in a second and then all of it again. SIGSTOP and the freezer would also interrupt
calls, which is another thing (docs/decisions/0081). Seldom enough for things to go on, and longer than the smallest
time-out of TCP.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
MILLISECOND, SECOND = "1000", "1000000"
"""In the unit of quotas; a second is the longest period."""
BETWEEN = (0.05, 0.6)
"""Seconds from one to the next, at least and at most."""
STILL = (0.25, 0.3, 0.5, 1.2)
"""Seconds, one of which each takes: around RTO_MIN of 200 ms, and beyond the second of a SYN."""


@dataclass(frozen=True)
class Throttle:
    """A cgroup whose processor time can be taken away, by the file of its version and what is written to it."""

    folder: Path
    file: str
    little: str
    enough: str

    def enter(self) -> None:
        """This process belongs to it from now on, and so will its children."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def stop(self) -> None:
        """Nobody in it goes on."""
        (self.folder / self.file).write_text(self.little)

    def go_on(self) -> None:
        """All go on."""
        (self.folder / self.file).write_text(self.enough)


@contextmanager
def throttle() -> Iterator[Throttle]:
    """One of either version, removed afterwards. Raises OSError where cgroups cannot be made."""
    name = f"sockproof-{os.getpid()}"
    made = next((each for each in _kinds(name) if each.folder.parent.is_dir()), _kinds(name)[-1])
    made.folder.mkdir()
    try:
        if made.file == "cpu.cfs_quota_us":
            (made.folder / "cpu.cfs_period_us").write_text(SECOND)
        made.stop()
        made.go_on()
        yield made
    finally:
        with suppress(OSError):
            made.folder.rmdir()


def _kinds(name: str) -> list[Throttle]:
    of_version_1 = Throttle(CGROUPS / "cpu" / name, "cpu.cfs_quota_us", MILLISECOND, "-1")
    return [of_version_1, Throttle(CGROUPS / name, "cpu.max", f"{MILLISECOND} {SECOND}", f"max {SECOND}")]


def is_possible() -> bool:
    """Whether this machine lets us."""
    try:
        with throttle():
            return True
    except OSError:
        return False


def main(command: Sequence[str]) -> int:
    """Runs the command so; its exit status."""
    with throttle() as held:
        process = subprocess.Popen(command, preexec_fn=held.enter)
        try:
            while _goes_on(process, random.uniform(*BETWEEN)):
                held.stop()
                _goes_on(process, random.choice(STILL))
                held.go_on()
        finally:
            held.go_on()
    return process.returncode


def _goes_on(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
