"""The runner on a suite of a few scenarios: every verdict, the exit statuses, resuming and interrupting."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from reports.diagnosis.dictionary import read
from sockproof.mutants.build import cache_folder, library
from sockproof.mutants.child_work import Warm
from sockproof.mutants.job import JOURNAL

PROJECT = Path(__file__).resolve().parents[3]

SCENARIOS = '''
"""Scenarios that notice little."""

import os
import socket

import pytest


@pytest.mark.claim("pair.peek.keeps")
def test_peek_keeps_the_data():
    left, right = socket.socketpair()
    with left, right:
        left.send(b"xy")
        assert right.recv(2, socket.MSG_PEEK) == right.recv(2, socket.MSG_DONTWAIT)


@pytest.mark.claim("pair.end.is-empty")
def test_end_is_empty():
    left, right = socket.socketpair()
    with right:
        left.close()
        assert right.recv(1) == b""


@pytest.mark.claim("pair.wait.does-not")
def test_nothing_to_read_does_not_wait():
    left, right = socket.socketpair()
    with left, right, pytest.raises(BlockingIOError):
        right.recv(1, socket.MSG_DONTWAIT)


@pytest.mark.claim("pair.twice.is-red")
def test_that_is_red_the_second_time():
    path = os.environ["FIRST_TIME"]
    first = not os.path.exists(path)
    open(path, "w").close()
    assert first
'''
CLAIMS = ("pair.peek.keeps", "pair.end.is-empty", "pair.wait.does-not", "pair.twice.is-red")

MUTANTS = {
    "killed": ("receive_peek_consumes", "pair.peek.keeps", 30),
    "killed-by-another": ("receive_eof_as_eagain", "pair.peek.keeps", 30),
    "survived": ("socketpair_cloexec_ignored", "pair.peek.keeps", 30),
    "not-reached": ("receive_oob_refused", "pair.peek.keeps", 30),
    "hung": ("receive_dontwait_ignored", "pair.wait.does-not", 0.5),
    "invalid": ("names_peer_is_own", "pair.twice.is-red", 30),
}
"""By the verdict that each must get: the mutant, the claim that it names, and the outer deadline."""

MUTANT = """
[[mutant]]
id        = "{id}"
area      = "test"
deviation = "Something deviates."
violates  = "nothing"
claims    = ["{claim}"]
mechanism = "preload"
argument  = "{argument}"
expect    = "kill"
deadline  = {deadline}
"""


def written(folder: Path, mutants: dict[str, tuple[str, str, float]]) -> Path:
    folder.mkdir()
    texts = (
        MUTANT.format(id=f"test.must.be-{verdict}", argument=argument, claim=claim, deadline=deadline)
        for verdict, (argument, claim, deadline) in mutants.items()
    )
    (folder / "test.toml").write_text("".join(texts), "utf-8")
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return written(tmp_path / "catalogue", MUTANTS)


@pytest.fixture
def mutants(command: Any, catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``sockproof mutants`` on the small suite and the small catalogue."""
    shutil.copytree(PROJECT / "sockproof/mutants", command.checkout.root / "sockproof/mutants")
    shutil.copy(PROJECT / "reports/mutants.py", command.checkout.root / "reports")
    for claim in CLAIMS:
        command.checkout.add(claim, "pass")
    shutil.rmtree(command.checkout.root / "conformance/pair")
    claims = (PROJECT / "tests/sockproof/conftest.py").read_text("utf-8")
    text = claims.split('CLAIM = """')[1].split('"""')[0]
    command.checkout.write("pair/claims.toml", "".join(text.format(id=claim) for claim in CLAIMS))
    command.checkout.write("pair/test_pair.py", SCENARIOS)
    monkeypatch.setenv("FIRST_TIME", str(tmp_path / "marker"))
    kept = library().parent  # compiled once for all tests, while what is observed belongs to each
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(kept, cache_folder() / kept.name)
    return lambda *arguments, start=False: (command.start if start else command)(
        "mutants", "--catalogue", str(catalogue), "--out", str(tmp_path / "out"), *arguments
    )


def matrix_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "matrix.json").read_text("utf-8"))
    return found


def verdicts(matrix: dict[str, Any]) -> dict[str, str]:
    return {trial["id"].removeprefix("test.must.be-"): trial["verdict"] for trial in matrix["mutants"]}


def test_next_item_of_a_child_is_of_another_area() -> None:
    """Else pytest keeps the folder of the area up, and refuses whatever item really comes next."""
    names = [f"conformance/{topic}/test_it.py::test_it" for topic in ("one/first", "one/second", "other/third")]
    warm: Any = Warm(None, dict(zip(names, names, strict=True)), None, None)  # type: ignore[arg-type]

    assert [warm.stranger(name) for name in names] == [names[2], names[2], names[0]]


def test_every_verdict(mutants: Any, tmp_path: Path) -> None:
    ended = mutants("--json")

    assert ended.status == 1, ended.err
    matrix = json.loads(ended.out)
    assert matrix == matrix_in(tmp_path / "out")
    assert verdicts(matrix) == {verdict: verdict for verdict in MUTANTS}
    killed, another = matrix["mutants"][0], matrix["mutants"][1]
    assert (killed["by"], killed["acted"]) == ("pair.peek.keeps", 1)
    assert another["fallen"] == ["pair.end.is-empty"]
    page = (tmp_path / "out/kill-matrix.html").read_text("utf-8")
    assert all(f'id="test.must.be-{verdict}"' in page for verdict in MUTANTS)


def test_signatures_become_a_dictionary_in_which_each_fault_is_found(mutants: Any, tmp_path: Path) -> None:
    """What hangs is waited for to the scenario's own deadline; what an earlier run has left is added to."""
    first = mutants("test.must.be-killed", "--signatures")
    kept = shutil.copy(tmp_path / "out/faults.json", tmp_path / "kept.json")
    ended = mutants("test.must.be-killed-by-another", "test.must.be-hung", "--signatures", "--onto", str(kept))
    found = read(tmp_path / "out/faults.json")
    fell = {fault.id: {name.partition("::")[2] for name in found.names(fault.fell)} for fault in found.faults}

    assert f"dictionary: {tmp_path / 'out/faults.json'}" in ended.out, first.err + ended.err
    assert fell == {
        "test.must.be-killed": {"test_peek_keeps_the_data"},
        "test.must.be-killed-by-another": {"test_end_is_empty"},
        "test.must.be-hung": {"test_nothing_to_read_does_not_wait"},
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--scenarios", "3"), "--scenarios 3 is a number from 1 on, with --signatures."),
        (("--signatures", "--scenarios", "0"), "--scenarios 0 is a number from 1 on"),
        (("--onto", "none.json"), "add --signatures"),
        (("--signatures", "--onto", "none.json"), "none.json is no fault dictionary"),
    ],
)
def test_what_makes_no_signatures_is_refused(mutants: Any, arguments: tuple[str, ...], sentence: str) -> None:
    ended = mutants(*arguments)

    assert sentence in ended.complaint
    assert ended.status == 2


def test_all_killed_is_success_and_resuming_tries_the_rest(mutants: Any, tmp_path: Path) -> None:
    first = mutants("test.must.be-killed")
    again = mutants("test.must.be-killed", "test.must.be-survived", "--resume")

    assert (first.status, again.status) == (0, 1), first.err + again.err
    assert "1 of 1 mutants killed" in first.out
    assert "survived          test.must.be-survived" in again.out
    lines = (tmp_path / "out" / JOURNAL).read_text("utf-8").splitlines()
    assert [json.loads(line).get("mutant") for line in lines].count("test.must.be-killed") == 1
    assert len(matrix_in(tmp_path / "out")["mutants"]) == 2


def test_what_was_observed_is_kept_until_it_is_asked_again(mutants: Any) -> None:
    statuses = [mutants("test.must.be-invalid", *fresh).status for fresh in ([], [], ["--fresh"])]

    assert statuses == [1, 1, 2]


def test_survivor_that_the_catalogue_explains_is_no_failure(mutants: Any, catalogue: Path) -> None:
    path = catalogue / "test.toml"
    silent = 'argument  = "socketpair_cloexec_ignored"\n'
    text = path.read_text("utf-8").replace(silent, f'{silent}survives = "nobody looks"\n')
    path.write_text(text, "utf-8")

    ended = mutants("test.must.be-survived")

    assert ended.status == 0, ended.err
    assert "0 of 1 mutants killed" in ended.out


def test_legal_setting_stays_green(mutants: Any, catalogue: Path, tmp_path: Path) -> None:
    (catalogue / "settings.toml").write_text(
        MUTANT.format(id="settings.some.one", argument="net.ipv4.tcp_sack=0", claim="pair.peek.keeps", deadline=30)
        .replace('"test"', '"settings"').replace("preload", "sysctl").replace("kill", "adapt"), "utf-8",
    )  # fmt: skip

    ended = mutants("--expect", "adapt", "--claim", "pair.peek.keeps")

    trial = matrix_in(tmp_path / "out")["mutants"][0]
    assert trial["verdict"] in ("stayed-green", "not-available"), ended.err
    assert ended.status == (0 if trial["verdict"] == "stayed-green" else 1)


def test_interrupted_run_leaves_what_it_found(mutants: Any, catalogue: Path, tmp_path: Path) -> None:
    path = catalogue / "test.toml"
    path.write_text(path.read_text("utf-8").replace("deadline  = 0.5", "deadline  = 300"), "utf-8")
    process = mutants("-n", "1", "test.must.be-killed", "test.must.be-hung", start=True)
    journal = tmp_path / "out" / JOURNAL
    pending = select.poll()
    while process.poll() is None and not (journal.exists() and '"mutant"' in journal.read_text("utf-8")):
        pending.poll(20)

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)

    assert process.returncode == 130, errors
    matrix = matrix_in(tmp_path / "out")
    assert matrix["run"]["interrupted"] is True
    assert verdicts(matrix)["killed"] == "killed"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["no.such.mutant"], "no mutant is called 'no.such.mutant'"),
        (["--area", "nowhere"], "no area is called 'nowhere'"),
        (["--claim", "no.such.claim"], "no.such.claim"),
        (["-n", "0"], "-n 0 is no number of children"),
        (["--mechanism", "nft"], "no mutant fits all of what was asked"),
        (["--sample", "0"], "--sample 0 takes no mutants"),
    ],
)
def test_wrong_request_is_refused(mutants: Any, arguments: list[str], complaint: str) -> None:
    ended = mutants(*arguments)

    assert ended.status == 2
    assert complaint in ended.complaint


def test_suite_that_is_red_by_itself_is_refused(mutants: Any, tmp_path: Path) -> None:
    (tmp_path / "marker").touch()

    ended = mutants("test.must.be-invalid")

    assert ended.status == 2
    assert "without any mutant the suite is red" in ended.err
    assert "test_that_is_red_the_second_time" in ended.err


def test_mutant_that_names_an_unknown_claim_is_refused(mutants: Any, catalogue: Path) -> None:
    path = catalogue / "test.toml"
    path.write_text(path.read_text("utf-8").replace("pair.wait.does-not", "pair.wait.gone"), "utf-8")

    ended = mutants()

    assert ended.status == 2
    assert "names the claim 'pair.wait.gone', which does not exist" in ended.err
