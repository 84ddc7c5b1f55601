"""Runs the provocations of one module, each three times: gate shut, observed, and with its mutant armed.

``python -m provocations MODULE FOLDER``, in a process that has the library loaded. Each runs in a forked child
with a state file of its own in FOLDER, as the runner does it. One line of JSON for each: its name, the outcome
with the gate shut (what this kernel does), then outcome, seen and acted when observed, and the same when armed;
or its name and how the child died.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sockproof.mutants.state import State, attach

from . import PROVOCATIONS
from .alarm import OURS, Alarm, Look

LIMIT, LOOK = 30.0, 0.01
"""Seconds in which at least one provocation must end, and between two looks at all."""
AT_A_TIME = {"grouping": 1, "framing": 1, "choosing": 1, "listing": 1, "labelling": 1, "calling": 1, "rawness": 1,
             "packets": 1, "errands": 1}  # fmt: skip
"""Members of groups, settings and frames are those of the whole namespace; the others do not meet."""
OTHERWISE = 6


def measured(state: State, name: str, start: Callable[[], None]) -> tuple[str, int, int]:
    start()
    state.gate = True
    answer = repr(PROVOCATIONS[name]())
    state.gate = False
    count = state.count(name)
    return answer, count.seen, count.acted


def three_times(name: str, folder: Path) -> object:
    with State.create(folder / name) as state:
        attach(state.path)
        plain = repr(PROVOCATIONS[name]())
        return name, plain, measured(state, name, state.observe), measured(state, name, lambda: state.arm(name))


def child(name: str, folder: Path) -> None:
    try:
        os.write(1, json.dumps(three_times(name, folder)).encode() + b"\n")
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


@dataclass
class Running:
    """A child, and a look at whether it blocks."""

    name: str
    pid: int
    look: Look


def start(name: str, folder: Path) -> tuple[int, Running]:
    """A descriptor that is readable once the child has ended, and the child."""
    alarm = Alarm()
    pid = os.fork()
    if pid == 0:
        OURS.memory = alarm.memory
        child(name, folder)
    return os.pidfd_open(pid), Running(name, pid, Look(alarm))


def finish(one: Running, handle: int, *, ended: bool) -> None:
    if not ended:
        os.kill(one.pid, signal.SIGKILL)
    os.close(handle)
    _, status = os.waitpid(one.pid, 0)
    if status:
        os.write(1, json.dumps([one.name, f"died with wait status {status}"]).encode() + b"\n")


def wait(running: dict[int, Running]) -> list[int]:
    """Those that have ended, looked after meanwhile; none where none has within `LIMIT`."""
    for _ in range(int(LIMIT / LOOK)):
        if ended := select.select(list(running), [], [], LOOK)[0]:
            return ended
        for one in running.values():
            one.look.again()
    return []


def main(module: str, folder: str) -> None:
    """Several at a time, because most of a provocation is waiting; one line each, and each line is one write."""
    names = [name for name, function in PROVOCATIONS.items() if function.__module__.rpartition(".")[2] == module]
    running: dict[int, Running] = {}
    while names or running:
        while names and len(running) < AT_A_TIME.get(module, OTHERWISE):
            handle, one = start(names.pop(), Path(folder))
            running[handle] = one
        ended = wait(running)
        for handle in ended or list(running):
            finish(running.pop(handle), handle, ended=bool(ended))


if __name__ == "__main__":
    main(*sys.argv[1:])
