"""``sockproof compare``: two runs beside one another, and what cannot be compared."""

from __future__ import annotations

import json
import os
import shutil

import pytest

PAGES = {"compare.html", "compare.md", "compare.json"}


@pytest.fixture
def two(command):
    """The folders of a run and of its copy."""
    assert command("run", "--out", "one").status == 0
    shutil.copytree(command.cwd / "one", command.cwd / "two")
    return command.cwd / "one", command.cwd / "two"


def deviate(folder):
    """Lets the first instance of a run deviate."""
    path = folder / "results.json"
    data = json.loads(path.read_text())
    data["instances"][0].update(verdict="deviates", reason="expected  b''\nobserved  b'x'")
    path.write_text(json.dumps(data))


def test_the_same_results_have_status_0(command, two):
    ended = command("compare", "one", "two")

    assert ended.status == 0
    assert "are the same." in ended.out
    assert {path.name for path in (command.cwd / "sockproof-results" / "compare").iterdir()} == PAGES


def test_other_results_have_status_1(command, two):
    deviate(two[1])

    ended = command("compare", "one", "two", "--out", "pages")

    assert ended.status == 1
    assert "now deviates: 1 instance" in ended.out
    assert {path.name for path in (command.cwd / "pages").iterdir()} == PAGES
    assert json.loads(command("compare", "one", "two", "--json").out)["same"] is False


@pytest.mark.parametrize(("show", "told"), [("differs", 1), ("only:host one", 0), ("only:host two", 1), ("all", 2)])
def test_filters_of_the_terminal(command, two, show, told):
    deviate(two[1])
    data = json.loads((two[1] / "results.json").read_text())
    data["run"]["id"] = "two"
    (two[1] / "results.json").write_text(json.dumps(data))

    shown = command("compare", "one", "two", "--show", show).out

    assert sum(line.startswith("pair.") for line in shown.splitlines()) == told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("one",), "compare takes two results or more; name the folders of two runs."),
        (("one", "one"), "one and one are the same results: name those of another run."),
        (("one", "none"), "none does not exist: name the folder or the results.json of a run."),
        (("one", "pipe"), "pipe cannot be read (it is no regular file): name a results.json that you may read."),
        (("one", "two", "--show", "mine"), 'there is no filter "mine"; write differs, undecided, same, all, or '),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(command, two, arguments, sentence):
    os.mkfifo(command.cwd / "pipe")

    ended = command("compare", *arguments)

    assert ended.status == 2
    assert sentence in ended.complaint
    assert not (command.cwd / "sockproof-results" / "compare").exists()
