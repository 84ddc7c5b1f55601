"""What is left of a run that died: what was found, and a verdict for what was not reached."""

from __future__ import annotations

import time

import pytest

from reports import salvage, store
from tests.reports import samples


@pytest.fixture
def died(tmp_path):
    """The folder of a run that wrote one instance of three, and when it began."""
    began = time.time_ns()
    results = samples.results()
    journal = store.Journal(tmp_path / store.JOURNAL)
    journal.begin(results)
    first = results.instances[0]
    journal.expect([first.id, "conformance/x/test_x.py::test_next[ip4]", "conformance/x/test_x.py::test_last"])
    journal.add(first)
    journal.close()
    return tmp_path, began, first


def test_what_was_not_reached_is_inconclusive_by_name(died):
    folder, began, first = died

    found = salvage.salvage(folder, began, interrupted=False, claim_of=lambda node: "x.y.z", reason="the kernel died")

    assert found is not None
    assert [(each.scenario, each.verdict, each.reason) for each in found.instances[1:]] == [
        ("test_next", "inconclusive", "the kernel died"), ("test_last", "inconclusive", "the kernel died"),
    ]  # fmt: skip
    assert store.read_results(folder / store.RESULTS) == found
    assert (found.run.complete, found.run.collected, found.instances[0].id) == (False, 3, first.id)
    assert {path.name for path in folder.iterdir()} == {
        *("results.json", "junit.xml", "results.ktap", "badge.svg", "summary.md", "report.html"),
        store.JOURNAL,
    }


def test_after_an_interrupt_nothing_is_added(died):
    folder, began, first = died

    found = salvage.salvage(folder, began, interrupted=True, claim_of=lambda node: "", reason="")

    assert found is not None
    assert ([each.id for each in found.instances], found.run.interrupted) == ([first.id], True)


def test_journal_of_an_earlier_run_is_left_alone(died):
    folder, _, _ = died

    later = time.time_ns() + 3_600_000_000_000

    assert salvage.salvage(folder, later, interrupted=False, claim_of=lambda node: "", reason="") is None
    assert not (folder / store.RESULTS).exists()
