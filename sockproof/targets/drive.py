"""Follows a running target: shows its output as it comes, and ends it when it is silent for long or somebody asks."""

from __future__ import annotations

import base64
import os
import select
import signal
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from sockproof.targets import TargetError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK = 0.5
"""Seconds between two looks at what the target has written into its folder."""
GRACE = 5.0
"""Seconds that a target gets to end by itself once its command has ended, or after SIGTERM."""
SILENCE = 30
"""How many times the patience a target may be silent before it counts as hung."""
KEPT = 20
"""Lines of what a target says before the suite begins that are kept, to tell why it did not."""
LARGEST = 1 << 16


Receive = Callable[[str, int, bytes], None]
"""Takes a piece of a file of the results: its name, the offset, the bytes."""


def nothing() -> None:
    """What is done when the suite begins, unless somebody waits for that."""


def refuse(name: str, offset: int, data: bytes) -> None:
    """Takes no piece: a target whose folder is ours has no reason to send any."""


@dataclass
class Relay:
    """What a target writes: shown, but for the lines that are meant for us and what comes before the first.

    The words of such lines: `sockproof.targets.shipped`.
    """

    token: str
    receive: Receive = refuse
    on_begin: Callable[[], None] = nothing
    begun: bool = False
    patience: float = 0.0
    """Seconds of patience over there, as it was measured when the suite began."""
    status: int | None = None
    signs: int = 0
    """How often it said something, but for that nothing is new: who says that may be well while the suite hangs."""
    shown: bool = False
    """Whether any of it was to be shown."""
    before: list[str] = field(default_factory=list)
    """The last lines before the suite began."""
    unfit: str = ""
    """Why the suite cannot run there, in its own words."""
    _held: bytes = b""

    def feed(self, data: bytes) -> bytes:
        """What of `data` is to be shown."""
        *lines, self._held = (self._held + data.replace(b"\r", b"")).split(b"\n")
        shown = b"".join(self._take(line + b"\n") for line in lines)
        self.signs += bool(self._held)
        if self.begun and self.status is None:  # dots of progress come without an end of line
            place = self._beginning()
            shown, self._held = shown + self._held[:place], self._held[place:]
        self.shown |= bool(shown)
        return shown

    def _beginning(self) -> int:
        """Where in what is held a line for us begins, or may begin; its length if nowhere."""
        token, held = self.token.encode(), self._held
        if token in held:
            return held.index(token)
        ends = range(max(0, len(held) - len(token)), len(held))
        return next((place for place in ends if token.startswith(held[place:])), len(held))

    def _take(self, line: bytes) -> bytes:
        before, found, words = line.partition(self.token.encode() + b" ")
        self.signs += words.strip() != b"alive"
        if found:
            return (before if self.begun else b"") + self._hear(*words.split(maxsplit=1))
        if not self.begun:
            self.before = [*self.before, line.decode("utf-8", "replace").strip()][-KEPT:]
        return line if self.begun and self.status is None else b""

    def _hear(self, kind: bytes = b"", rest: bytes = b"") -> bytes:
        """Take in a line that is meant for us; what of it is to be shown. Raises TargetError for one that is spoilt."""
        try:
            return self._heard(kind, rest)
        except (ValueError, zlib.error) as error:
            told = (kind + b" " + rest[:40]).decode("utf-8", "replace").strip()
            raise TargetError(f'the target sent "{told}", which cannot be read ({error})') from error

    def _heard(self, kind: bytes, rest: bytes) -> bytes:
        if kind == b"hello":
            self.patience = float(rest or 0)
            self.begun = True
            self.on_begin()
        elif kind == b"unfit":
            self.unfit = rest.decode("utf-8", "replace").strip()
        elif kind == b"status" and rest.strip().isdigit():
            self.status = int(rest)
        elif kind == b"out":
            return unpacked(rest)
        elif kind == b"file":
            name, offset, data = rest.split()
            self.receive(name.decode("utf-8"), int(offset), unpacked(data))
        return b""

    def reason(self) -> str:
        """What the target said last before the suite began."""
        if self.unfit:
            return self.unfit
        if self._held and not self.begun:
            self._take(self._held)
        said = [line for line in self.before if line]
        return said[-1] if said else "it said nothing"


def unpacked(data: bytes) -> bytes:
    """Bytes that were compressed and spelled in base64 for the way."""
    return zlib.decompress(base64.b64decode(data))


@dataclass(frozen=True)
class Ended:
    """How a target ended."""

    begun: bool
    """Whether the suite began inside."""
    status: int | None
    """Pytest's exit status; None if the target ended before it."""
    interrupted: bool
    silent: float | None
    """Seconds of silence after which it was ended; None if it was not."""
    reason: str
    """What it said last before the suite began."""
    shown: bool = True
    """Whether the suite said anything."""


def follow(
    process: subprocess.Popen[bytes],
    relay: Relay,
    silence: float,
    journal: Path,
) -> Ended:
    """Wait for the end of `process`, whose output `relay` takes, and tell how it ended.

    Returns before that if for `silence` seconds, or `SILENCE` times the patience over there, it neither writes nor lets
    `journal` grow, and on SIGINT, SIGTERM and SIGHUP; who has started the process ends it.
    """
    life = Life(journal, silence)
    with interrupts() as asked:
        for data in _output(process, life, asked):
            before = relay.signs
            _show(relay.feed(data))
            if relay.signs > before:
                life.sign()
            life.longest = max(silence, SILENCE * relay.patience)
        silent = life.longest if life.over() and process.poll() is None and not asked else None
        if relay.status is not None:
            _let_end(process)
    return Ended(relay.begun, relay.status, bool(asked), silent, relay.reason(), relay.shown)


@dataclass
class Life:
    """When a target last showed that it lives."""

    journal: Path
    longest: float
    """Seconds without a sign after which it has hung."""
    size: int = -1
    seen: float = field(default_factory=time.monotonic)

    def sign(self) -> None:
        """It has just shown it."""
        self.seen = time.monotonic()

    def over(self) -> bool:
        """Whether that was too long ago."""
        size = self.journal.stat().st_size if self.journal.exists() else -1
        if size != self.size:
            self.size = size
            self.sign()
        return time.monotonic() - self.seen >= self.longest


def _output(process: subprocess.Popen[bytes], life: Life, asked: list[int]) -> Iterator[bytes]:
    """What the target writes, until it ends, somebody asks for its end, or it has been silent for too long."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    while not asked and not life.over():
        ready = select.select([descriptor], [], [], LOOK)[0]
        if ready:
            data = os.read(descriptor, LARGEST)
            if not data:
                return
            yield data
        elif process.poll() is not None:
            return  # somebody else holds the pipe


def _show(data: bytes) -> None:
    """Write to standard output; a reader that has gone changes nothing."""
    while data:
        try:
            data = data[os.write(1, data) :]
        except OSError:
            return


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """A target that has told its status gets a moment to end by itself; whoever started it kills it then."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """The signals that asked for an end while the block ran; who ignores one goes on ignoring it."""
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    heard = [name for name in ENDING if signal.getsignal(name) is not signal.SIG_IGN]
    before = {name: signal.signal(name, note) for name in heard}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
