"""Runs a command on a machine that stands still again and again: all of its processes are frozen for a moment.

    python -m tests.standing_still COMMAND ...

The cgroup freezer sends no signal, and no count of the kernel tells of it (docs/decisions/0081). Seldom enough for
things to go on, and longer than the smallest time-out of TCP.
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
BETWEEN = (0.05, 0.6)
"""Seconds from one to the next, at least and at most."""
STILL = (0.25, 0.3, 0.5, 1.2)
"""Seconds, one of which each takes: around RTO_MIN of 200 ms, and beyond the second of a SYN."""


@dataclass(frozen=True)
class Freezer:
    """A cgroup that can be frozen, with the words of its version."""

    folder: Path
    state: str
    frozen: str
    thawed: str

    def enter(self) -> None:
        """This process belongs to it from now on, and so will its children."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def freeze(self) -> None:
        """Nobody in it goes on."""
        (self.folder / self.state).write_text(self.frozen)

    def thaw(self) -> None:
        """All go on."""
        (self.folder / self.state).write_text(self.thawed)


@contextmanager
def freezer() -> Iterator[Freezer]:
    """One of either version, removed afterwards. Raises OSError where cgroups cannot be made."""
    name = f"sockproof-{os.getpid()}"
    made = next((each for each in _kinds(name) if each.folder.parent.is_dir()), _kinds(name)[-1])
    made.folder.mkdir()
    try:
        made.freeze()
        made.thaw()
        yield made
    finally:
        with suppress(OSError):
            made.folder.rmdir()


def _kinds(name: str) -> list[Freezer]:
    of_version_1 = Freezer(CGROUPS / "freezer" / name, "freezer.state", "FROZEN", "THAWED")
    return [of_version_1, Freezer(CGROUPS / name, "cgroup.freeze", "1", "0")]


def can_freeze() -> bool:
    """Whether this machine lets us."""
    try:
        with freezer():
            return True
    except OSError:
        return False


def main(command: Sequence[str]) -> int:
    """Runs the command so; its exit status."""
    with freezer() as held:
        process = subprocess.Popen(command, preexec_fn=held.enter)
        try:
            while _goes_on(process, random.uniform(*BETWEEN)):
                held.freeze()
                _goes_on(process, random.choice(STILL))
                held.thaw()
        finally:
            held.thaw()
    return process.returncode


def _goes_on(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
