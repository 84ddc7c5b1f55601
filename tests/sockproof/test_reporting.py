"""``sockproof report``: every page again, from the results alone."""

from __future__ import annotations

import pytest

PAGES = ("junit.xml", "results.ktap", "badge.svg", "summary.md", "report.html")


@pytest.fixture
def folder(command):
    """The folder of a run."""
    assert command("run", "--out", "there").status == 0
    return command.cwd / "there"


@pytest.mark.parametrize("source", ["there", "there/results.json", "there/journal.jsonl"])
def test_pages_are_drawn_beside_the_results(command, folder, source):
    for name in PAGES:
        (folder / name).unlink()

    ended = command("report", source)

    assert ended.status == 0
    assert ended.out.splitlines() == [f"there/{name}" for name in PAGES]
    assert all((folder / name).stat().st_size > 100 for name in PAGES)


def test_pages_can_be_drawn_elsewhere(command, folder):
    assert command("report", "there", "--out", "pages").status == 0
    assert {path.name for path in (command.cwd / "pages").iterdir()} >= set(PAGES)


def test_truncated_results_are_refused_and_kept(command, folder):
    path = folder / "results.json"
    path.write_bytes(path.read_bytes()[:300])
    (folder / "journal.jsonl").unlink()
    before = (folder / "report.html").read_bytes()

    ended = command("report", "there/results.json")

    assert ended.status == 2
    assert "there/results.json is not whole JSON" in ended.complaint
    assert (folder / "report.html").read_bytes() == before


def test_a_missing_package_is_told(without_packages, folder):
    ended = without_packages("report", "there")
    assert ended.status == 2
    assert "is not installed; sockproof doctor says how to install it." in ended.complaint
