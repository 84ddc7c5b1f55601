"""The command as its users start it: a process of its own, on a copy of the project with a small catalogue."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ("fixtures", "reports", "sockproof")

CLAIMS = """
[[claim]]
id        = "pair.stream.carries"
says      = "What is sent into one end of a pair can be received from the other."
level     = "must"
authority = "posix"
sources   = [{ document = "socketpair(2)", section = "DESCRIPTION" }]
documents = ["000 §12"]
status    = "nuanced"
really    = "In order, if the pair is one of streams."
since     = "2.6"
note      = "Any family that has pairs."
"""

CLAIM = """
[[claim]]
id        = "{id}"
says      = "The end of a stream reads as nothing."
level     = "documented"
authority = "manual"
sources   = [{{ document = "recv(2)", section = "RETURN VALUE" }}]
"""

SCENARIOS = '''
"""A suite of two scenarios, both of which hold on every kernel."""

import socket

import pytest


@pytest.mark.claim("pair.stream.carries")
def test_what_is_sent_arrives():
    """One end, then the other."""
    left, right = socket.socketpair()
    with left, right:
        left.send(b"x")
        assert right.recv(1) == b"x"


@pytest.mark.claim("pair.stream.ends")
@pytest.mark.needs("namespace")
def test_end_reads_as_nothing():
    left, right = socket.socketpair()
    with right:
        left.close()
        assert right.recv(1) == b""
'''


@dataclass(frozen=True)
class Checkout:
    """A copy of the project; its conformance folder is the test's to change."""

    root: Path

    def write(self, name: str, text: str) -> Path:
        """Write a file below conformance."""
        path = self.root / "conformance" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), "utf-8")
        return path

    def add(self, claim: str, body: str) -> None:
        """Add a claim of a topic of its own, and one scenario of it whose function has this body."""
        topic, _, rest = claim.partition(".")
        name = "test_" + rest.replace(".", "_").replace("-", "_")
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        self.write(f"{topic}/claims.toml", CLAIM.format(id=claim))
        self.write(f"{topic}/test_it.py", f'import pytest\n\n\n@pytest.mark.claim("{claim}")\ndef {name}():\n{lines}')


@dataclass(frozen=True)
class Ended:
    """A process that has ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line in which the command said what was wrong."""
        assert "Traceback" not in self.err + self.out
        (line,) = self.err.splitlines()
        assert line.startswith("sockproof: error: ")
        return line.removeprefix("sockproof: error: ")


def _hears_hanging_up() -> None:
    """As a shell starts a command: of nohup(1), under which the tests may run, it inherits that SIGHUP is ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass(frozen=True)
class Command:
    """Starts ``python -m sockproof`` of a checkout in a folder of its own."""

    checkout: Checkout
    cwd: Path
    interpreter: tuple[str, ...] = (sys.executable,)

    def arguments(self, *arguments: str) -> list[str]:
        """The whole command line."""
        return [*self.interpreter, "-m", "sockproof", *arguments]

    def settings(self) -> dict[str, str]:
        """The environment, without what a surrounding pytest or CI has put there."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
        return {**inherited, "PYTHONPATH": str(self.checkout.root), "PYTHONDONTWRITEBYTECODE": "1"}

    def __call__(self, *arguments: str, **environment: str) -> Ended:
        """What came of the command with these arguments."""
        return self.ran(self.arguments(*arguments), **environment)

    def ran(self, line: list[str], **environment: str) -> Ended:
        """What came of a whole command line of another kind."""
        process = subprocess.run(
            line,
            cwd=self.cwd,
            env={**self.settings(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Ended(process.returncode, process.stdout, process.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The same, still running, in a process group of its own."""
        return subprocess.Popen(
            self.arguments(*arguments),
            cwd=self.cwd,
            env=self.settings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
            preexec_fn=_hears_hanging_up,
        )


@pytest.fixture
def small_catalogue() -> Callable[[Path], Checkout]:
    """Gives a folder a catalogue of two claims that hold everywhere, in place of what it has."""

    def written(root: Path) -> Checkout:
        shutil.rmtree(root / "conformance", ignore_errors=True)
        made = Checkout(root)
        made.write("__init__.py", "")
        made.write("pair/claims.toml", CLAIMS + CLAIM.format(id="pair.stream.ends"))
        made.write("pair/test_pair.py", SCENARIOS)
        return made

    return written


@pytest.fixture
def checkout(tmp_path, small_catalogue) -> Checkout:
    """A copy of the project whose catalogue has two claims that hold everywhere."""
    root = tmp_path / "checkout"
    # With what Python has compiled of it, which holds for the copies too; but not what it is only about to put there.
    ignored = shutil.ignore_patterns("*.pyc.*", "mutants", ".*_cache")
    for part in PARTS:
        shutil.copytree(PROJECT / part, root / part, ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", root)
    return small_catalogue(root)


@pytest.fixture
def command(checkout, tmp_path) -> Command:
    """The command, in an empty folder beside the checkout."""
    cwd = tmp_path / "user"
    cwd.mkdir()
    return Command(checkout, cwd)


@pytest.fixture
def without_packages(command) -> Command:
    """The command under a Python that has nothing but its standard library."""
    return replace(command, interpreter=(sys.executable, "-S"))
