"""Which results can be compared, and what they are called."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from reports.compare.environment import facts
from reports.compare.sides import read_sides
from reports.files import ResultsError
from reports.store import write_results
from tests.reports.compare.builders import compared, found
from tests.reports.samples import instance, run


@pytest.fixture
def written(tmp_path):
    """Writes results into a folder of that name; its path."""

    def write(name, results):
        write_results(results, tmp_path / name / "results.json")
        return str(tmp_path / name)

    return write


def test_a_copy_of_a_run_can_be_compared(written, tmp_path):
    first = written("a", found(instance()))
    shutil.copytree(first, tmp_path / "b")

    assert len(read_sides([first, str(tmp_path / "b")], tmp_path)) == 2


@pytest.mark.parametrize("again", ["a", "a/results.json", "link"])
def test_the_same_results_twice_are_refused(written, tmp_path, again):
    written("a", found(instance()))
    (tmp_path / "link").symlink_to("a")

    with pytest.raises(ResultsError, match="are the same results: name those of another run"):
        read_sides([str(tmp_path / "a"), str(tmp_path / again)], tmp_path)


def test_results_of_two_versions_of_the_suite_are_compared_when_asked_for(written, tmp_path):
    paths = [written("a", found(instance())), written("b", found(instance(), ran=run(sockproof="9.9")))]

    with pytest.raises(ResultsError, match=r"comes from sockproof 0\.1\.0 and .* from 9\.9.*--across-versions"):
        read_sides(paths, tmp_path)
    assert len(read_sides(paths, tmp_path, across_versions=True)) == 2


def broken(kind, path):
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder without results":
        return path.parent
    elif kind != "missing":
        path.write_text(kind)
    return path


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("pipe", "it is no regular file"),
        ("missing", "does not exist: name the folder or the results.json of a run"),
        ("folder without results", "holds neither results.json nor journal.jsonl"),
        ('{"schema": "sockproof-results", "ver', "is not whole JSON"),
        ('{"other": 1}', "is no results of sockproof"),
        (json.dumps({"schema": "sockproof-results", "version": 0}), "schema version 0, which this sockproof"),
        (json.dumps({"schema": "sockproof-results", "version": 2}), "update sockproof"),
        (json.dumps({"schema": "sockproof-results", "version": 1}), "does not have the shape of results"),
    ],
)
def test_what_is_no_results_is_refused_in_a_sentence(written, tmp_path, kind, sentence):
    good, bad = written("a", found(instance())), broken(kind, tmp_path / "b" / "results.json")

    with pytest.raises(ResultsError) as refused:
        read_sides([good, str(bad)], tmp_path)

    assert sentence in str(refused.value)
    assert str(bad) in str(refused.value)


def test_captures_are_seen_from_the_folder_of_the_pages(written, tmp_path):
    paths = [written(name, found(instance(pcap="pcap/a.pcapng"), ran=run(id=name))) for name in ("a", "b")]

    sides = read_sides(paths, tmp_path / "pages")

    assert [side.results.instances[0].pcap for side in sides] == ["../a/pcap/a.pcapng", "../b/pcap/a.pcapng"]


def test_what_else_is_not_the_same():
    both = compared(found(name="a", isolation="root"), replace(found(name="b"), run=run(workers=1)))

    told = {fact.name: fact.values for fact in facts(both.sides) if fact.differs}

    assert told["isolation"] == ("root", "user-namespace")
    assert told["workers"] == ("2", "1")
    assert "kernel" not in told
    assert "can: namespace" in {fact.name for fact in facts(both.sides)}
