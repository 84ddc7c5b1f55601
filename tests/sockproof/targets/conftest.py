"""Runs on targets, and what must be as it was before them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def results(folder: Path):
    return json.loads((folder / "results.json").read_text("utf-8"))


def verdicts(folder: Path):
    return {each["scenario"]: each["verdict"] for each in results(folder)["instances"]}


def processes(mark: str) -> set[str]:
    """The command lines of this machine's processes that have a word in them."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if mark in line:
                found.add(line)
    return found


@pytest.fixture
def spotless(tmp_path, monkeypatch) -> Iterator[Path]:
    """A folder for temporary files that must be empty again afterwards, and neither mounts nor processes are left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert os.listdir(folder) == []
    mounts = Path("/proc/self/mounts").read_text("utf-8").splitlines()
    assert [line for line in mounts if str(tmp_path) in line or line.startswith("sockproof ")] == []
    assert processes(str(tmp_path)) == set()
