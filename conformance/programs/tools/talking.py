"""Programs to which one speaks by their standard input, and which show what comes back."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.evidence.verdicts import Deviation
from fixtures.evidence.waiting import GENEROUS, until

ROOM = 1 << 16


class Talk:
    """A program that runs, what it is told, and what it has shown."""

    def __init__(self, *command: str) -> None:
        self.name = command[0]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, bufsize=0)  # fmt: skip
        self._shown = b""

    def says(self, text: str) -> None:
        """Writes to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())

    def has_no_more(self) -> None:
        """Ends its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def shows(self, text: str) -> bool:
        """Whether it shows that text. Raises Deviation where it does not."""
        return until(lambda: text in self.shown(), what=f"{self.name} to show {text!r}")

    def shown(self) -> str:
        """All that it has shown so far."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while select.select([descriptor], [], [], 0)[0] and (part := os.read(descriptor, ROOM)):
            self._shown += part
        return self._shown.decode(errors="replace").replace("\r\n", "\n")

    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ends(self) -> int:
        """Its exit status. Raises Deviation where it goes on."""
        try:
            return self._process.wait(GENEROUS)
        except subprocess.TimeoutExpired:
            found = f"expected  {self.name} to end\nwithin    {GENEROUS:g} s\nobserved  still running"
            raise Deviation(found) from None

    def close(self) -> None:
        """Ends it, and frees its descriptors."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def talking(*command: str) -> Iterator[Talk]:
    """A program at work; ended when the block is left."""
    talk = Talk(*command)
    try:
        yield talk
    finally:
        talk.close()
