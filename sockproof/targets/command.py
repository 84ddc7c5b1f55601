"""Anything that a command reaches: ``command:'ssh box'``, ``command:'kubectl exec -i POD --'``.

The command is given ``python3 -`` to run, and a program on its standard input that holds the whole suite, so that no
quoting, no file and no package is needed on the other side. What it finds comes back on its standard output.
"""

from __future__ import annotations

import base64
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from sockproof.targets import Job, State, Target, TargetError, launching, unpacking

PYTHON = ("python3", "-")
"""What runs the program."""
GRACE = 5.0
"""Seconds that the other side gets to remove its folder."""


@dataclass(frozen=True)
class Command(Target):
    """``command:'PREFIX ...'``."""

    kind = "command"
    says = "whatever a command reaches that has Python 3.11: command:'ssh HOST', command:'kubectl exec -i POD --'"
    takes: frozenset[str] = frozenset()
    patience = 10.0
    ships = True

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The command before ``python3 -``. Raises TargetError for quotes that are not closed."""
        try:
            return tuple(shlex.split(self.name.partition(":")[2]))
        except ValueError as error:
            raise TargetError(f"--target {self.name}: {error}; write it as for a shell.") from error

    def check(self) -> None:
        """Raises TargetError for a command that is none."""
        if not self.words:
            raise TargetError("--target command: runs nothing; write what reaches the machine: command:'ssh HOST'.")

    def state(self) -> State:
        """Whether its program is there."""
        if self.words and shutil.which(self.words[0]) is None:
            return State(False, f"{self.words[0]} is not on PATH", "install it, or write its whole path")
        return State(True, self.words[0] if self.words else "any command that takes python3 - behind it")

    def setup(self) -> Mapping[str, Any]:
        """Nothing of the other side is touched."""
        return {}

    @contextmanager
    def started(self, job: Job) -> Iterator[subprocess.Popen[bytes]]:
        """The command, with the suite on its way. Raises TargetError."""
        with (
            launching.launched([*self.words, *PYTHON], stdin=subprocess.PIPE, grace=GRACE) as process,
            sent(process, job),
        ):
            yield process


@contextmanager
def sent(process: subprocess.Popen[bytes], job: Job) -> Iterator[None]:
    """The program is on its way to the standard input of `process` while the block runs."""
    assert process.stdin is not None
    sending = threading.Thread(target=_send, args=(process.stdin, program(job)), daemon=True)
    sending.start()
    try:
        yield
    finally:
        process.kill() if sending.is_alive() else None
        sending.join()


def program(job: Job) -> bytes:
    """The program that unpacks itself and does the job."""
    from sockproof import bundle

    path = job.work / "suite.zip"
    bundle.as_file(path)
    order, archive = job.order.read_text("utf-8"), base64.b64encode(path.read_bytes()).decode("ascii")
    source = Path(unpacking.__file__).read_text("utf-8")
    return f"ORDER = {order!r}\nARCHIVE = '{archive}'\n{source}".encode()


def _send(stream: IO[bytes], data: bytes) -> None:
    """Write all and close; one that ended before it has read all is told of where its output is read."""
    with suppress(OSError):
        stream.write(data)
    with suppress(OSError):
        stream.close()
