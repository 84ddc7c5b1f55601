"""Forked children of the warm process, a few at a time, each with a deadline that starts anew with each instance.

A child runs a list of items and writes one line of JSON before and after each. What it writes is all that is known
of it: a child that hangs is killed with its whole process group, and one that dies names the item it was at.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from fixtures.stage.lifeline import die_with_parent, read_now, reap, write_whole
from sockproof.mutants.outcome import Course, Outcome


@dataclass
class Errand:
    """What one child is to do: `work` writes its lines by calling what it is given."""

    key: str
    items: list[str]
    work: Callable[[list[str], Callable[[dict[str, Any]], None]], None]
    limits: Callable[[str], float]
    """Seconds that an item may take before it counts as hung."""
    claim_of: Callable[[str], str]
    course: Course = field(default_factory=Course)
    goes_on: bool = False
    """Whether another child goes on behind an item that hung."""


class CrewError(Exception):
    """Our own code failed in a child; the message has the child's traceback."""


STARTING = 30.0
"""Seconds that a child may take before its first item, for what it puts in place."""


class _Running:
    """One child at work."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.left = list(errand.items)
        self.buffer = b""
        self.finished = False
        self.error: str | None = None
        self.began = time.monotonic()
        self._start()

    def _start(self) -> None:
        self.reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: of fork with threads; the child starts none
            parent, self.pid = os.getpid(), os.fork()
        if self.pid == 0:
            die_with_parent(parent)
            os.close(self.reader)
            _live(self.errand, self.left, writer)
        os.close(writer)
        os.set_blocking(self.reader, False)
        with suppress(OSError):  # the child does the same: whoever is first
            os.setpgid(self.pid, self.pid)
        self.at: str | None = None
        self.ends = time.monotonic() + STARTING

    def read(self) -> bool:
        """Takes over what the child wrote; False when it has ended."""
        data = read_now(self.reader)
        if data is None:
            return True
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(data)

    def _take(self, line: dict[str, Any]) -> None:
        if "start" in line:
            self.at = line["start"]
            self.ends = time.monotonic() + self.errand.limits(line["start"])
        elif "unavailable" in line:
            self.errand.course.unavailable = line["unavailable"]
        elif "error" in line:
            self.error = line["error"]
        elif "done" in line:
            self.finished = True
        else:
            self.left.remove(line["instance"])
            self.errand.course.outcomes.append(Outcome(**{**line, "reached": tuple(line["reached"])}))
            self.at = None

    def end(self, *, hung: bool) -> bool:
        """Ends the child and what it has started; True when another child has to go on with what is left."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        status = reap(self.pid)
        os.close(self.reader)
        course = self.errand.course
        if self.error is not None:
            raise CrewError(f"a child of the warm process failed:\n{self.error}")
        if hung and not (self.errand.goes_on and self.at):
            course.hung = self.at or "before the first instance"
        elif not self.finished and self.at is not None:
            course.outcomes.append(self._death(self.at, status))
            self.left.remove(self.at)
            if self.left:
                self._start()
                return True
        elif not self.finished:
            course.unavailable = course.unavailable or f"the child ended early, {told(status)}"
        course.seconds = time.monotonic() - self.began
        return False

    def _death(self, item: str, status: int | None) -> Outcome:
        reason = f"its process ended {told(status)}"
        return Outcome(item, self.errand.claim_of(item), "died", reason, acted=1)


def told(status: int | None) -> str:
    """A wait status in words."""
    return "and nobody told how" if status is None else f"with wait status {status:#x}"


def perform(errands: Iterator[Errand], *, children: int) -> Iterator[Errand]:
    """Lets `children` at a time work through the errands, and gives each back when it is over.

    When the caller stops listening, or is interrupted, every child is killed with what it has started.
    """
    running: dict[int, _Running] = {}
    try:
        while _fill(running, errands, children):
            ready = select.select(list(running), [], [], _patience(running))[0]
            for reader in ready:
                child = running[reader]
                if child.read():
                    continue
                del running[reader]
                if child.end(hung=False):
                    running[child.reader] = child
                else:
                    yield child.errand
            yield from _overdue(running)
    finally:
        for child in running.values():
            child.finished = True
            child.end(hung=False)


def _fill(running: dict[int, _Running], errands: Iterator[Errand], children: int) -> bool:
    while len(running) < children and (errand := next(errands, None)) is not None:
        child = _Running(errand)
        running[child.reader] = child
    return bool(running)


def _patience(running: dict[int, _Running]) -> float:
    return max(0.0, min(child.ends for child in running.values()) - time.monotonic())


def _overdue(running: dict[int, _Running]) -> Iterator[Errand]:
    for reader, child in list(running.items()):
        if time.monotonic() >= child.ends:
            del running[reader]
            if child.end(hung=True):
                running[child.reader] = child
            else:
                yield child.errand


def _live(errand: Errand, items: list[str], writer: int) -> NoReturn:
    """The child's whole life."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def say(line: dict[str, Any]) -> None:
        data = json.dumps(line).encode() + b"\n"
        write_whole(writer, data)

    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 0), os.dup2(quiet, 1), os.dup2(quiet, 2)
        errand.work(items, say)
        say({"done": True})
    except BaseException:
        say({"error": traceback.format_exc()})
    finally:
        os._exit(0)
