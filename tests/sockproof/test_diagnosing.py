"""``sockproof diagnose`` as its users start it, and once on a run under a real fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from reports.diagnosis.of_results import of_results
from reports.store import read_results
from sockproof.mutants import MutantError, build, state
from tests.sockproof.conftest import PROJECT

FAULT, ARGUMENT = "linger.get.reports-off", "linger_get_reports_off"
ASKED = ("tcp.linger.reads-back", "tcp.linger.default-off", "tcp.linger.short-value-refused", "tcp.linger.zero-aborts")


def test_a_green_run_has_nothing_to_diagnose(command):
    assert command("run", "--out", "there").status == 0
    ended = command("diagnose", "there")

    assert ended.status == 0
    assert ended.out == "Nothing deviates in 2 instances, so there is nothing to diagnose.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "name the results of one run, or --self-check"),
        (("there", "--self-check"), "name the results of one run, or --self-check"),
        (("none.json",), "none.json does not exist"),
        (("--self-check", "--sample", "1"), "--sample 1 makes no pair of faults"),
        (("--self-check", "--dictionary", "none.json"), "none.json is no fault dictionary"),
    ],
)
def test_a_wrong_request_is_refused_in_one_sentence(command, arguments, sentence):
    ended = command("diagnose", *arguments)

    assert sentence in ended.complaint
    assert ended.status == 2


def test_how_good_it_is_is_printed_as_a_table(command):
    ended = command("diagnose", "--self-check", "--sample", "300", "--json")
    rows = json.loads(ended.out)

    assert ended.status == 0
    assert [row["what"] for row in rows if "first three" in row["what"]]
    assert all(row["holds"] and row["of"] >= 20 for row in rows)


def test_a_real_fault_is_named_from_a_run(tmp_path):
    """The library puts it under a run of the suite itself; the run finds the claims, and they find the fault."""
    try:
        library = build.library()
    except MutantError as error:
        pytest.skip(str(error))
    with state.State.create(tmp_path / "state") as armed:
        armed.arm(ARGUMENT)
        armed.gate = True
        command = [sys.executable, "-m", "sockproof", "run", *ASKED, "-k", "not ip6", "--out", str(tmp_path / "out")]
        under = {**os.environ, **state.environment(library, tmp_path / "state")}
        said = subprocess.run(command, cwd=PROJECT, env=under, capture_output=True, text=True).stdout
    told = of_results(read_results(tmp_path / "out"))

    assert told.diagnosis is not None
    assert [cause.fault.id for cause in told.diagnosis.causes] == [FAULT], said
    assert "It looks like one fault: SO_LINGER that is on is reported as off (" in " ".join(said.split())
    assert f"cause     {FAULT} (fit 100 %" in said
    assert told.groups[0].root.claim.id == "tcp.linger.reads-back"
