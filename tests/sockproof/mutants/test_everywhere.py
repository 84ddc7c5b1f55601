"""Whole runs under mutants: a suite of few scenarios, and a run that hangs, dies, or is thin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sockproof.mutants.aim import Aim
from sockproof.mutants.everywhere import JOURNAL, TABLE
from tests.sockproof.mutants.test_runner import catalogue, mutants  # noqa: F401  fixtures


@pytest.fixture
def everywhere(mutants: Any, command: Any, tmp_path: Path) -> Any:  # noqa: F811
    """``sockproof mutants --everywhere`` on them."""
    (tmp_path / "marker").touch()
    return lambda *arguments: mutants("--everywhere", *arguments)


def courses(text: str) -> dict[str, str]:
    return {course["mutant"].removeprefix("test.must.be-"): course["ended"] for course in json.loads(text)}


def test_runs_with_deviations_are_sound_and_are_not_repeated(everywhere: Any, tmp_path: Path) -> None:
    ended = everywhere("test.must.be-killed", "test.must.be-hung", "--json")
    again = everywhere("test.must.be-killed", "--json", "--resume")

    assert (ended.status, again.status) == (0, 0), ended.err + again.err
    killed, hung = json.loads(ended.out)
    assert (killed["ended"], killed["instances"], hung["ended"]) == ("ended", 4, "ended")
    assert killed["verdicts"]["deviates"] >= 2  # peeking consumes, and what is red by itself
    assert json.loads(again.out) == [killed]
    assert len((tmp_path / "out" / JOURNAL).read_text("utf-8").splitlines()) == 2
    assert "test.must.be-killed" in (tmp_path / "out" / TABLE).read_text("utf-8")


def test_run_that_does_not_end_by_itself_is_told(everywhere: Any) -> None:
    ended = everywhere("test.must.be-killed", "--bound", "0.2")

    assert ended.status == 1
    assert "hung       test.must.be-killed: did not end" in ended.out


def test_run_without_complete_results_is_told(everywhere: Any, command: Any) -> None:
    command.checkout.add("end.parent.dies", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")

    ended = everywhere("test.must.be-killed")

    assert ended.status == 1, ended.out + ended.err
    assert "no-results test.must.be-killed: complete: False" in ended.out


def test_thin_run_has_one_instance_of_a_claim_and_others_for_another_mutant() -> None:
    names = [(f"{claim}-{number}", claim) for claim in "abcdefgh" for number in range(9)]
    all_claims = [Aim(mutant, (), 1).chosen(names) for mutant in ("one", "two")]
    few = Aim("one", ("a",), 4).chosen(names)

    assert [sorted(name[0] for name in chosen) for chosen in all_claims] == [list("abcdefgh")] * 2
    assert all_claims[0] != all_claims[1]
    assert "a" in {name[0] for name in few}
    assert few < all_claims[0]
    assert Aim("one", ()).chosen(names) == {name for name, _ in names}


@pytest.mark.parametrize("arguments", [["--thin", "0"], ["--all-kills"], ["--fresh"]])
def test_what_does_not_go_together_is_refused(everywhere: Any, arguments: list[str]) -> None:
    ended = everywhere(*arguments)

    assert ended.status == 2
    assert "--everywhere goes neither with --all-kills" in ended.complaint


def test_thin_is_about_whole_runs(mutants: Any) -> None:  # noqa: F811
    ended = mutants("--thin", "2")

    assert ended.status == 2
    assert "add --everywhere" in ended.complaint
