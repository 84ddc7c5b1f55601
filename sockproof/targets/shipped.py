"""What runs on another machine: starts pytest on the bundle's suite, and sends what it writes as it comes.

The order is the one of `inside`, and its command has words in braces for what lies elsewhere here: ``{python}``,
``{suite}``, ``{out}``. Each line that is sent begins with the token:

    hello SECONDS           the suite begins, with this patience
    out DATA                a piece of pytest's output
    file NAME OFFSET DATA   a piece of a file of the results
    alive                   nothing new; a line that cannot be sent says that nobody listens, and ends all
    status NUMBER           pytest's exit status, behind all that it wrote

DATA is compressed by zlib and spelled in base64, so that it survives terminals.
"""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from sockproof.targets.inside import PATIENCE, patient

LOOK = 0.5
ALIVE = 2.0
LARGEST = 1 << 16
JOURNAL = "journal.jsonl"


class Gone(Exception):
    """Nobody listens any more."""


def main(path: Path) -> int:
    """Do what the order says; the status of pytest, or 1 where nobody listened to the end."""
    order, root = json.loads(path.read_text("utf-8")), path.parent
    out = root / "results" / order["name"]
    places = {"python": sys.executable, "suite": str(root), "out": str(out), "order": str(root)}
    words = [filled(word, places) for word in order["command"]]
    for folder in ("home", "tmp", "results"):
        (root / folder).mkdir()
    for name, text in order["files"].items():
        (root / name).write_text(text, "utf-8")
    sender = Sender(order["token"], out, Path(order["out"]))
    child = None
    try:
        environment = patient({**order, "path": str(root), "environment": surroundings(order, root)})
        sender.say(f"hello {environment[PATIENCE]}")
        child = subprocess.Popen(
            words, env=environment, cwd=root / "home", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        return sender.follow(child)
    except Gone:
        return 1
    finally:
        if child is not None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def filled(word: str, places: Mapping[str, str]) -> str:
    """A word with the paths of this machine."""
    for name, path in places.items():
        word = word.replace("{" + name + "}", path)
    return word


def surroundings(order: Mapping[str, Any], root: Path) -> dict[str, str]:
    """The environment of this machine, with what the order adds."""
    own = {"HOME": str(root / "home"), "TMPDIR": str(root / "tmp"), "PYTHONPATH": os.environ["PYTHONPATH"]}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON", "GITHUB_"))}
    return {**kept, **order["environment"], **own}


class Sender:
    """Sends what a run writes."""

    def __init__(self, token: str, out: Path, elsewhere: Path) -> None:
        self.token, self.out, self.elsewhere = token, out, elsewhere
        self.sent = 0
        self.last = time.monotonic()

    def say(self, words: str, data: bytes | None = None) -> None:
        """Send a line. Raises Gone."""
        spelled = b"" if data is None else b" " + base64.b64encode(zlib.compress(data, 6))
        line = f"{self.token} {words}".encode() + spelled + b"\n"
        self.last = time.monotonic()
        try:
            while line:
                line = line[os.write(1, line) :]
        except OSError as error:
            raise Gone from error

    def follow(self, child: subprocess.Popen[bytes]) -> int:
        """Send all until the child has ended, and its status. Raises Gone."""
        for data in output(child):
            if data:
                self.say("out", data.replace(str(self.out).encode(), str(self.elsewhere).encode()))
            self.journal()
            if time.monotonic() - self.last > ALIVE:
                self.say("alive")
        code = child.wait()
        self.journal()
        for path in sorted(self.out.rglob("*")):
            if path.is_file() and path.name != JOURNAL and not path.name.startswith("."):
                self.file(path)
        status = code if code >= 0 else 128 - code
        self.say(f"status {status}")
        return status

    def journal(self) -> None:
        """Send what has been added to the journal. Raises Gone."""
        with suppress(FileNotFoundError), (self.out / JOURNAL).open("rb") as file:
            file.seek(self.sent)
            while data := file.read(LARGEST):
                self.say(f"file {JOURNAL} {self.sent}", data)
                self.sent += len(data)

    def file(self, path: Path) -> None:
        """Send a file. Raises Gone."""
        name, offset = path.relative_to(self.out).as_posix(), 0
        with path.open("rb") as file:
            while data := file.read(LARGEST):
                self.say(f"file {name} {offset}", data)
                offset += len(data)


def output(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What the child writes, and nothing now and then, until it has ended."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    while True:
        if select.select([descriptor], [], [], LOOK)[0]:
            data = os.read(descriptor, LARGEST)
            if not data:
                return
            yield data
        elif child.poll() is not None:
            return  # somebody else holds the pipe
        else:
            yield b""


def leave(number: int, _: FrameType | None) -> None:
    """The handler of SIGTERM and SIGHUP. Raises Gone."""
    raise Gone


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, leave)
    sys.exit(main(Path(sys.argv[1])))
