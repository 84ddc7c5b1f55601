"""What was observed before is taken only as it was written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sockproof.mutants.observed import Observed
from sockproof.mutants.outcome import Outcome

NAME = "conformance/area/topic/test_it.py::test_it"
GREEN = Outcome(NAME, "a.b.c", "conforms", seconds=0.5, reached=("one", "two"))


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Observed, Path]:
    """A cache in which one instance was kept, and the file that has it."""
    (tmp_path / "conformance" / "area" / "topic").mkdir(parents=True)
    observed = Observed(tmp_path / "cache", tmp_path / "conformance", "key")
    observed.keep([GREEN])
    (file,) = (tmp_path / "cache").iterdir()
    return Observed(tmp_path / "cache", tmp_path / "conformance", "key"), file


def test_what_was_kept_is_recalled(kept) -> None:
    observed, _ = kept
    assert observed.recall([NAME]) == []
    assert observed.instances == {NAME: GREEN}


def written(change):
    """A damage that changes the parsed file."""

    def damage(file: Path) -> None:
        data = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps(change(data)), "utf-8")

    return damage


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGE = {
    "a list": written(lambda data: [data]),
    "a number": written(lambda data: 7),
    "without a member": written(lambda data: {NAME: {"instance": NAME}}),
    "with a member more": written(lambda data: {NAME: {**data[NAME], "colour": "blue"}}),
    "no table": written(lambda data: {NAME: "conforms"}),
    "seconds in words": written(lambda data: {NAME: {**data[NAME], "seconds": "long"}}),
    "reached by number": written(lambda data: {NAME: {**data[NAME], "reached": [1]}}),
    "of another name": written(lambda data: {NAME: {**data[NAME], "instance": "other"}}),
    "no JSON": lambda file: file.write_text("{", "utf-8"),
    "no text": lambda file: file.write_bytes(b"\xff"),
    "a pipe": a_pipe,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_as_if_it_were_not_there(kept, damage) -> None:
    observed, file = kept
    damage(file)
    assert observed.recall([NAME]) == [NAME]
    assert observed.instances == {}
