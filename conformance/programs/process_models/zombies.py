"""Children that have ended, and what is left of them."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCHLD

from conformance.programs.process_models.servers import forked
from fixtures.evidence.verdicts import MOUNTED
from fixtures.evidence.waiting import until

BURST = 5
"""Children that end at once."""


def state(pid: int) -> str:
    """The letter that proc_pid_stat(5) has for a process; empty where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        if not MOUNTED.exists():
            raise
        return ""
    return stat.rpartition(")")[2].split()[0]


def zombies(pids: Iterable[int]) -> int:
    """How many of them have ended and are still there."""
    return sum(state(pid) == "Z" for pid in pids)


def ended(count: int) -> list[int]:
    """The process ids of `count` children that have ended and nobody has waited for."""
    pids = [forked(lambda: None) for _ in range(count)]
    for pid in pids:
        until(lambda pid=pid: state(pid) in ("Z", ""), what=f"the end of child {pid}")  # type: ignore[misc]
    return pids


@contextmanager
def held_back(number: signal.Signals = SIGCHLD) -> Iterator[None]:
    """The signal stays pending while the block runs, and comes when it is left."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
