"""Images, by the engine that is installed: ``podman:IMAGE``, ``docker:IMAGE``; their Python gets the suite."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sockproof.targets import Job, State, Target, TargetError, command, launching


@dataclass(frozen=True)
class Engine(Target):
    """What both engines have in common: their commands are alike."""

    kind = "engine"
    takes = frozenset({"cap_add", "cap_drop", "seccomp", "user"})
    patience = 10.0
    ships = True

    @property
    def image(self) -> str:
        """What stands behind the colon."""
        return self.name.partition(":")[2]

    def check(self) -> None:
        """Raises TargetError without an image."""
        if not self.image:
            raise TargetError(f"--target {self.kind}: runs nothing; name an image: {self.kind}:python:3.13-slim.")

    def state(self) -> State:
        """The engine's version, once it has answered."""
        if shutil.which(self.kind) is None:
            return State(False, f"{self.kind} is not on PATH", f"install {self.kind}")
        told = launching.finished([self.kind, "info"])
        lines = told.stderr.strip().splitlines() or ["it does not answer"]
        if told.returncode:
            return State(False, lines[-1].removesuffix("."), f"start {self.kind}, or become a user who may use it")
        return State(True, launching.first_line([self.kind, "--version"]) or self.kind)

    def setup(self) -> Mapping[str, Any]:
        """Nothing of the other side is touched."""
        return {}

    def line(self, name: str) -> list[str]:
        """The command that makes a container of this name and runs Python in it."""
        wishes = self.wishes
        words = [self.kind, "run", "--rm", "--interactive", f"--name={name}", "--network=none", "--entrypoint=python3"]
        words += [f"--cap-add={each}" for each in wishes.cap_add] + [f"--cap-drop={each}" for each in wishes.cap_drop]
        words += [f"--security-opt=seccomp={wishes.seccomp}"] if wishes.seccomp else []
        words += [f"--user={wishes.user}"] if wishes.user else []
        return [*words, self.image, *command.PYTHON[1:]]

    @contextmanager
    def started(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        """The container, with the suite on its way. Raises TargetError."""
        name = f"sockproof-{secrets.token_hex(6)}"
        try:
            with (
                launching.launched(self.line(name), stdin=subprocess.PIPE, grace=command.GRACE) as process,
                command.sent(process, job),
            ):
                yield process
        finally:
            launching.finished([self.kind, "rm", "--force", name])


class Podman(Engine):
    """``podman:IMAGE``."""

    kind = "podman"
    says = "an image by Podman: podman:IMAGE"


class Docker(Engine):
    """``docker:IMAGE``."""

    kind = "docker"
    says = "an image by Docker: docker:IMAGE"
