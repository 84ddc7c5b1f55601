"""The shared memory, seen from Python; test_preload.py sees it from the library's side."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockproof.mutants import MutantError
from sockproof.mutants.state import COUNTERS, COUNTERS_AT, State, attach, names


def test_names_are_unique_and_in_three_parts() -> None:
    assert len(set(names())) == len(names())
    assert all(name.count("_") >= 2 for name in names())


def test_new_state_has_nothing_armed_and_the_gate_shut(tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as state:
        assert (state.gate, state.attached, state.reached()) == (False, 0, {})


def test_arming_empties_the_counters(tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as state:
        COUNTERS.pack_into(state._memory, COUNTERS_AT, 3, 2)
        assert state.reached()[names()[0]].acted == 2

        state.arm(names()[1])

        assert state.reached() == {}


def test_two_maps_of_one_file_see_each_other(tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as one, State.open(tmp_path / "state") as two:
        one.gate = True

        assert two.gate


def test_unknown_mutant_is_refused(tmp_path: Path) -> None:
    with State.create(tmp_path / "state") as state, pytest.raises(MutantError, match="preload mutant 'no_such'"):
        state.arm("no_such")


def test_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("precious", encoding="utf-8")

    with pytest.raises(MutantError, match="cannot make the mutant state file"):
        State.create(tmp_path / "state")
    assert (tmp_path / "state").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("content", [b"", b"short", bytes(100000)], ids=["empty", "short", "zeros"])
def test_other_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(content)

    with pytest.raises(MutantError, match="make a new one"):
        State.open(tmp_path / "state")


def test_attaching_without_the_library_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MutantError, match="the mutant library is not loaded"):
        attach(tmp_path / "state")
