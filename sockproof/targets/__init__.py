"""Kernels under test, each with one interface: tell whether it is there, start it, run there, clean up.

A target runs one command, `sockproof.targets.inside`, which runs pytest and says on its standard output when it has
begun and how it ended. Everything around it, on this machine, is the same for all of them (`sockproof.targets.drive`).
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class TargetError(Exception):
    """A target could not be started, or is not there; ``str`` is one sentence with the reason and the remedy."""


@dataclass(frozen=True)
class State:
    """Whether a target can be used here."""

    ready: bool
    says: str
    """The version of what makes it, or why it cannot be used."""
    remedy: str = ""


@dataclass(frozen=True)
class Wishes:
    """What the command line asks of a target beside its name."""

    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    seccomp: str | None = None
    user: str | None = None
    preset: str | None = None
    platform: str | None = None
    memory: int = 2048
    """MiB, for targets with a memory of their own."""
    preload: str | None = None

    def given(self) -> dict[str, str]:
        """The wishes that were made, by the names of their options."""
        lists = {"cap-add": " ".join(self.cap_add), "cap-drop": " ".join(self.cap_drop)}
        texts = {"seccomp": self.seccomp, "user": self.user, "preset": self.preset, "platform": self.platform}
        return {name: value for name, value in {**lists, **texts}.items() if value}


@dataclass(frozen=True)
class Job:
    """What is to run on a target."""

    work: Path
    """A private folder for whatever the target needs; removed when the target has ended."""
    out: Path
    """The folder of the results, to be seen inside under the same path and writable."""
    order: Path
    """The file with what `inside` is to do; it lies in `work`, and is to be seen inside under the same path."""
    seen: tuple[Path, ...]
    """What must be seen inside under the same path: folders of Python and the suite, a library that is preloaded."""
    command: tuple[str, ...]
    """The command that starts `inside`."""


@dataclass(frozen=True)
class Target:
    """The parts of a target that do not differ."""

    name: str
    """As it was asked for."""
    wishes: Wishes = field(default_factory=Wishes)

    keeps = False
    """Whether it needs `Job.work` to the end: else the folder is gone as soon as the suite begins."""
    ships = False
    """Whether the other side sees none of our files, so that the suite is sent and the results are sent back."""

    at_once = 0
    """How many scenarios a worker may run at the same time, where that is to be fewer than usual."""

    @property
    def options(self) -> dict[str, str]:
        """What the results tell of the way in which the target was asked for."""
        return self.wishes.given()


class Startable(Protocol):
    """What every kind of target can do."""

    kind: str
    takes: frozenset[str]
    """The options of `Wishes` that mean something to it."""
    patience: float
    """Seconds of SOCKPROOF_PATIENCE on a machine of the usual speed."""

    @property
    def name(self) -> str:
        """As it was asked for."""

    @property
    def options(self) -> dict[str, str]:
        """What the results tell of the way in which the target was asked for."""

    def state(self) -> State:
        """Whether it can be used here; nothing is started for longer than a moment."""

    def setup(self) -> Mapping[str, Any]:
        """What `inside` must do before anything runs; see there."""

    def started(self, job: Job) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """The target, running `job.command` with its standard output in a pipe; gone, with all it made, afterwards.

        Raises TargetError.
        """
