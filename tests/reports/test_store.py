from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from reports import record
from reports.record import SCHEMA_VERSION, results_from
from reports.store import Journal, ResultsError, as_data, read_journal, read_results, write_results
from tests.reports import strategies
from tests.reports.samples import green, results

ROOT = Path(record.__file__).parent.parent


def journalled(path, found, *, end=True):
    journal = Journal(path)
    journal.begin(replace(found, run=replace(found.run, complete=False)))
    for instance in found.instances:
        journal.add(instance)
    if end:
        journal.end(found.run)
    journal.close()
    return path


def refusal(path):
    with pytest.raises(ResultsError) as caught:
        read_results(path)
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(".")
    return said


def changed(folder, change):
    """The sample's results.json after `change` was done to its data."""
    path = folder / "results.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    return path


def test_an_instance_that_was_written_again_counts_once(tmp_path):
    first = green().instances[0]
    again = replace(first, verdict="inconclusive", reason="contradicting attempts")
    found = replace(green(), instances=(first, *green().instances[1:], again))
    read = read_journal(journalled(tmp_path / "journal.jsonl", found))
    assert read.instances == (again, *green().instances[1:])


def test_written_results_read_back_equal(folder):
    assert read_results(folder / "results.json") == results()


@given(strategies.results)
@settings(max_examples=60, deadline=None)
def test_any_results_survive_json(found):
    assert results_from(json.loads(json.dumps(as_data(found)))) == found


def test_one_instance_stands_on_one_line(folder):
    lines = (folder / "results.json").read_text().splitlines()
    assert sum(line.startswith('{"id": "conformance/') for line in lines) == len(results().instances)


def test_writing_leaves_no_other_file_and_replaces_the_old_one(folder):
    write_results(green(), folder / "results.json")

    assert [path.name for path in folder.iterdir()] == ["results.json"]
    assert read_results(folder) == green()


def test_a_failed_write_keeps_the_old_file(folder, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(ResultsError, match="No space left on device"):
        write_results(green(), folder / "results.json")

    assert read_results(folder) == results()
    assert [path.name for path in folder.iterdir()] == ["results.json"]


def test_where_a_file_gets_no_other_name_by_renaming_it_does_by_a_link(folder, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *_: None)

    write_results(green(), folder / "results.json")

    assert [path.name for path in folder.iterdir()] == ["results.json"]
    assert read_results(folder) == green()


def test_a_folder_that_is_a_file_cannot_be_written_into(folder):
    with pytest.raises(ResultsError, match=r"results\.json/x\.json cannot be written .* name a folder"):
        write_results(green(), folder / "results.json" / "x.json")


def test_a_journal_reads_back_equal(tmp_path):
    assert read_journal(journalled(tmp_path / "journal.jsonl", results())) == results()


def test_a_journal_without_an_end_is_not_complete(tmp_path):
    found = read_journal(journalled(tmp_path / "journal.jsonl", results(), end=False))

    assert not found.run.complete
    assert found.instances == results().instances


@pytest.mark.parametrize("torn", [1, 40, 200])
def test_a_torn_last_line_is_passed_over(tmp_path, torn):
    path = journalled(tmp_path / "journal.jsonl", results(), end=False)
    path.write_bytes(path.read_bytes()[:-torn])

    found = read_journal(path)

    assert not found.run.complete
    assert found.instances == results().instances[:-1]


def test_each_line_is_in_the_file_before_the_next_one_comes(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.begin(results())
    for number, instance in enumerate(results().instances, 1):
        journal.add(instance)
        assert len(read_journal(journal.path).instances) == number
    journal.close()


def test_the_first_and_the_last_line_are_on_the_disk(tmp_path, monkeypatch):
    lines = []
    monkeypatch.setattr("os.fsync", lambda _: lines.append(len(path.read_text().splitlines())))
    path = tmp_path / "journal.jsonl"
    journalled(path, results())

    assert lines == [1, len(results().instances) + 2]


KILLED = """
import os, signal, sys
from reports.store import Journal
from tests.reports.samples import results
journal = Journal(sys.argv[1])
journal.begin(results())
for instance in results().instances[:3]:
    journal.add(instance)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_journal_survives_the_death_of_its_writer(tmp_path):
    path = tmp_path / "journal.jsonl"
    died = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)

    assert died.returncode == -signal.SIGKILL
    assert read_results(tmp_path).instances == results().instances[:3]
    assert not read_results(tmp_path).run.complete


def test_a_second_run_begins_anew_behind_a_torn_one(tmp_path):
    path = journalled(tmp_path / "journal.jsonl", results(), end=False)
    path.write_bytes(path.read_bytes()[:-30])

    assert read_journal(journalled(path, green())) == green()
    assert path.read_text().count('"entry": "begin"') == 2


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    path = journalled(tmp_path / "journal.jsonl", results())
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:50]
    path.write_text("\n".join(lines) + "\n")

    assert "line 3 is not JSON" in refusal(path)


def test_a_journal_without_a_beginning_is_refused(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text('{"entry": "beg')

    assert "holds no beginning of a run" in refusal(path)


def test_a_folder_falls_back_to_the_journal(tmp_path):
    journalled(tmp_path / "journal.jsonl", results())

    assert read_results(tmp_path) == results()


@pytest.mark.parametrize(("later", "expected"), [(1, green()), (0, results())])
def test_a_journal_of_a_later_run_comes_before_old_results(folder, later, expected):
    began = replace(green().run, started=results().run.started + later)
    journalled(folder / "journal.jsonl", replace(green(), run=began))

    assert read_results(folder).instances == expected.instances


def test_a_broken_journal_does_not_hide_whole_results(folder):
    (folder / "journal.jsonl").write_text("nonsense")

    assert read_results(folder) == results()


def test_an_unwritable_journal_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="--out"):
        Journal(tmp_path / "file" / "journal.jsonl")


def test_missing_results_are_named_with_the_remedy(tmp_path):
    assert "holds neither results.json nor journal.jsonl" in refusal(tmp_path)
    assert "does not exist: name the folder" in refusal(tmp_path / "nothing.json")


def test_what_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "results.json").mkdir()
    (tmp_path / "results.json" / "results.json").mkdir()
    assert "cannot be read (Is a directory)" in refusal(tmp_path / "results.json")


@pytest.mark.parametrize("length", [0, 1, 300])
def test_truncated_results_are_refused(folder, length):
    path = folder / "results.json"
    path.write_bytes(path.read_bytes()[:length])

    assert "is not whole JSON" in refusal(path)


def test_truncated_results_beside_a_journal_point_to_it(folder):
    journalled(folder / "journal.jsonl", results())
    (folder / "results.json").write_text("{")

    assert f"read {folder / 'journal.jsonl'} instead" in refusal(folder)


@pytest.mark.parametrize("text", ["[]", "{}", "3", '{"schema": "other", "version": 1}', "[" * 100_000])
def test_other_json_is_no_results(tmp_path, text):
    (tmp_path / "results.json").write_text(text)

    assert str(tmp_path / "results.json") in refusal(tmp_path)


@pytest.mark.parametrize(
    ("duration", "said"), [("NaN", "NaN is no number in JSON"), ("1e999", "more than 1000000000.0")]
)
def test_durations_that_are_no_numbers_are_refused(folder, duration, said):
    path = folder / "results.json"
    path.write_text(path.read_text().replace('"duration": 0.0041', f'"duration": {duration}', 1))

    assert said in refusal(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "results.json").write_bytes(b"\xff\xfe\x00{")

    assert "is not whole JSON" in refusal(tmp_path)


def test_a_newer_schema_is_refused_with_both_versions(folder):
    path = changed(folder, lambda data: data.update(version=7, run="of a shape unknown today"))

    assert (
        refusal(path)
        == f"{path} has schema version 7, and this sockproof reads up to {SCHEMA_VERSION}: update sockproof."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data["run"].update(started=10**400), "run.started is 1000"),
        (lambda data: data["instances"][0]["trace"]["events"][0].update(until=-1), "until is -1, less than 0"),
        (lambda data: data.pop("run"), "the document lacks 'run'"),
        (lambda data: data["instances"][1].update(verdict="odd"), 'instances[1].verdict is "odd", not one of conf'),
        (lambda data: data["instances"][0].update(duration=None), "instances[0].duration is null, not number"),
        (lambda data: data["claims"][2]["sources"].append(3), "claims[2].sources[2] is 3, not object"),
        (lambda data: data.update(version=True), "version is true, not integer"),
        (lambda data: data["instances"][0]["parameters"].update(a=4), "instances[0].parameters.a is 4, not string"),
        (lambda data: data["instances"][0]["trace"]["events"][0].pop("at"), "instances[0].trace.events[0] lacks 'at'"),
    ],
)  # fmt: skip
def test_the_first_wrong_place_is_named(folder, change, said):
    assert said in refusal(changed(folder, change))


def test_members_of_a_later_writer_are_passed_over(folder):
    path = changed(folder, lambda data: data["instances"][0].update(mood="good"))

    assert read_results(path) == results()
