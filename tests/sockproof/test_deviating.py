"""``sockproof deviations``: records from a run, for a person to fill in, and files of them looked at."""

from __future__ import annotations

import json
import os
import tomllib

import pytest

from sockproof.deviating import varying

SCENARIO = "test_what_is_sent_arrives"
FAILURE = "expected  left.bind(('127.0.0.1', 41327)) fails with \"EINVAL\"\nobserved  no error\n          at all"


@pytest.fixture
def ran(command):
    """A run in which a scenario deviates."""
    assert command("run", "--out", "there").status == 0
    path = command.cwd / "there" / "results.json"
    data = json.loads(path.read_text())
    for instance in data["instances"]:
        if instance["scenario"] == SCENARIO:
            instance.update(verdict="deviates", reason=FAILURE)
    path.write_text(json.dumps(data))
    return command.cwd


def records(folder):
    return tomllib.loads((folder / "deviations.toml").read_text())["deviation"]


def test_update_writes_what_deviates_for_a_person_to_fill_in(command, ran):
    ended = command("deviations", "update", "there", "--target", "linux>=5.10")

    assert ended.status == 0
    assert ended.out == "deviations.toml: 1 new records; fill in reason and link of each\n"
    (record,) = records(ran)
    assert (record["claim"], record["scenario"], record["target"]) == ("pair.stream.carries", SCENARIO, "linux>=5.10")
    assert record["expected"] == "left.bind(('127.0.0.1', *)) fails with \"EINVAL\""
    assert record["observed"] == "no error\nat all"
    assert (record["reason"], record["link"]) == ("", "")


def test_a_record_that_was_not_filled_in_is_refused(command, ran):
    command("deviations", "update", "there")

    for ended in (command("deviations", "check", "deviations.toml"), command("run", "--deviations", "deviations.toml")):
        assert ended.status == 2
        assert 'the field "reason" of deviation "pair.stream.carries" is empty' in ended.err


def test_what_is_known_already_is_not_written_again(command, ran):
    command("deviations", "update", "there", "--target", "host")
    before = (ran / "deviations.toml").read_bytes()

    ended = command("deviations", "update", "there", "--target", "host")

    assert ended.out == "deviations.toml: 0 new records; fill in reason and link of each\n"
    assert (ran / "deviations.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("bind(('::1', 40123, 0, 0))", "bind(('::1', *, 0, 0))"),
        ("lasts 5.002 s", "lasts 5.* s"),
        ("/proc/self/fd/52/server", "/proc/self/fd/*/server"),
        ("<x at 0x7f52027ed310>", "<x at *>"),
        ("recv(65536) gives 262144", "recv(*) gives 262144"),
        ("3.5 * 40123", "3.5 * 40123"),
    ],
)
def test_what_is_another_each_time_is_left_open(text, written):
    assert varying(text) == written


def fill_in(folder):
    path = folder / "deviations.toml"
    text = path.read_text().replace('reason     = ""', 'reason     = "So it is."')
    path.write_text(text.replace('link       = ""', 'link       = "https://example.org"'))


def test_a_record_that_no_longer_matches_is_named(command, ran):
    command("deviations", "update", "there", "--target", "host")
    fill_in(ran)
    assert command("deviations", "check", "deviations.toml").out.startswith("deviations.toml: 1 records")
    command("run", "--out", "green", "--deviations", "none")

    ended = command("deviations", "update", "green")

    assert ended.status == 1
    assert "deviations.toml:2: no longer matches; remove it, or narrow its target" in ended.out
    assert command("run", "--deviations", "deviations.toml").status == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("update", "none"), "none does not exist"),
        (("update", "pipe"), "it is no regular file"),
        (("update", "there", "--file", "pipe"), "pipe: deviation records cannot be read: it is no regular file."),
        (("update", "there", "--file", "no/where.toml"), "no/where.toml cannot be written (No such file or directory)"),
        (("check", "pipe"), "it is no regular file"),
        (("check", "none.toml"), "No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(command, ran, arguments, sentence):
    os.mkfifo(ran / "pipe")

    ended = command("deviations", *arguments)

    assert ended.status == 2
    assert sentence in ended.complaint
