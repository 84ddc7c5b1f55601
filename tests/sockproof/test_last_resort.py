"""A command that is stuck with Python's lock, or before anybody can look after it, ends by itself with results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports.record import SCHEMA_VERSION
from reports.store import read_results
from sockproof import last_resort

PROJECT = Path(__file__).resolve().parents[2]
STUCK = """
import contextlib
import ctypes
import os
import sys

from sockproof import last_resort

last_resort.AFTER, last_resort.AGAIN = 1, 1
{more}


def hang():
    while True:
        ctypes.PyDLL(None).pause()  # keeps Python's lock, as fork(2) does


last_resort.stand_by(sys.argv[1:])
with {around}:
    hang()
"""
ENDING = """
def ending(sentence):
    {how}
    os.write(2, sentence.encode())
    return 3

class Known(last_resort.LastResort):
    def stand_by(self):
        self.look_after(ending)
        super().stand_by()

last_resort.LastResort = Known
"""


def stuck(
    *asked: str, more: str = "", around: str = "contextlib.nullcontext()", cwd: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """A process that hangs, asked for so much."""
    return subprocess.run(
        [sys.executable, "-c", STUCK.format(more=more, around=around), *asked], cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("how", ["", "hang()"], ids=["before-anybody-knows-how", "where-the-results-hang-too"])
def test_command_that_is_stuck_with_the_lock_leaves_bare_results(tmp_path: Path, how: str) -> None:
    done = stuck("run", "--out", str(tmp_path / "a/b"), more=ENDING.format(how=how) if how else "")

    assert done.returncode == 3, done.stderr
    (line,) = done.stderr.splitlines()
    assert "the command did not come back from __main__.hang() for 1 s, and was ended" in line
    found = read_results(tmp_path / "a/b")
    assert str(found.run.refused) in line
    assert found.instances == ()


def test_command_that_is_stuck_leaves_what_it_had_found(tmp_path: Path) -> None:
    done = stuck("run", "--out", str(tmp_path / "out"), more=ENDING.format(how="pass"))

    assert (done.returncode, (tmp_path / "out").exists()) == (3, False)
    assert "the command did not come back" in done.stderr


GUARDED = """
import sockproof.guard

sockproof.guard.STANDSTILL = 0.5
sockproof.guard.LOOK = 100
"""


def test_guard_that_looks_because_of_a_strike_alone_does_not_put_off_the_next(tmp_path: Path) -> None:
    around = "sockproof.guard.Guard(lambda sentence: os.write(2, sentence.encode()) and 3)"
    done = stuck("run", "--out", str(tmp_path), more=GUARDED, around=around)

    assert done.returncode == 3, done.stderr
    assert "the command did not come back from __main__.hang() for 1 s, and was ended" in done.stderr


def test_without_a_folder_results_are_where_they_are_always(tmp_path: Path) -> None:
    assert stuck("run", cwd=tmp_path).returncode == 3
    (folder,) = (tmp_path / "sockproof-results").iterdir()
    assert read_results(folder).run.refused


def test_bare_results_are_of_this_schema() -> None:
    assert last_resort.SCHEMA_VERSION == SCHEMA_VERSION


@pytest.mark.parametrize(
    ("words", "out"),
    [("run --out there", "there"), ("run --out=there", "there"), ("run", None), ("run -- --out there", None)],
)
def test_folder_is_read_out_of_the_arguments(words: str, out: str | None) -> None:
    assert last_resort.out_of(words.split()) == out
