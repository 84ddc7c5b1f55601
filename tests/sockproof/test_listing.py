"""``sockproof list`` and ``sockproof show``."""

from __future__ import annotations

import json
import os
import re

import pytest


def test_list_shows_claims_by_topic_with_their_scenarios(command):
    assert command("list").out.splitlines()[:5] == [
        "pair",
        "  pair.stream.carries",
        "      What is sent into one end of a pair can be received from the other.",
        "      since Linux 2.6",
        "      test_what_is_sent_arrives  conformance/pair/test_pair.py:9",
    ]


@pytest.mark.parametrize("selection", ["pair.stream.ends", "*.ends"])
def test_list_shows_only_what_was_selected(command, selection):
    ended = command("list", selection)
    assert "pair.stream.ends" in ended.out
    assert "pair.stream.carries" not in ended.out
    assert ended.out.endswith("\n1 claim, 1 scenario\n")


def test_list_as_json_has_everything(command, checkout):
    data = json.loads(command("list", "--json").out)
    first, second = data["claims"]

    assert (data["schema"], data["version"], data["root"]) == ("sockproof-catalogue", 1, str(checkout.root))
    assert first["id"] == "pair.stream.carries"
    assert first["sources"] == [{"document": "socketpair(2)", "section": "DESCRIPTION"}]
    assert (first["documents"], first["status"], first["since"]) == (["000 §12"], "nuanced", "2.6")
    assert (first["file"], first["line"]) == ("conformance/pair/claims.toml", 1)
    assert second["scenarios"] == [
        {
            "name": "test_end_reads_as_nothing",
            "file": "conformance/pair/test_pair.py",
            "line": 19,
            "node": "conformance/pair/test_pair.py::test_end_reads_as_nothing",
            "doc": None,
            "needs": ["namespace"],
            "marks": [
                {"name": "claim", "arguments": ["pair.stream.ends"]},
                {"name": "needs", "arguments": ["namespace"]},
            ],
        }
    ]


def test_an_error_in_the_catalogue_is_told_with_file_and_line(command, checkout):
    checkout.write("other/claims.toml", '[[claim]]\nid = "other.thing\n')

    ended = command("list")

    assert ended.complaint.startswith("conformance/other/claims.toml:2: is not valid TOML: ")
    assert ended.status == 2


def test_several_errors_in_the_catalogue_are_told_one_a_line(command, checkout):
    checkout.write("other/claims.toml", '[[claim]]\nid = "Other"\nlevel = "x"\n')

    first, *lines = command("run").err.splitlines()

    assert first.startswith(f"sockproof: error: the catalogue in {checkout.root} has {len(lines)} problems:")
    assert lines[0].startswith("conformance/other/claims.toml:1: ")
    assert not list(command.cwd.iterdir())


def test_show_gives_the_claim_whole(command):
    out = " ".join(command("show", "pair.stream.carries").out.split())
    expected = (
        "What is sent into one end",
        "must, by authority of: posix",
        "socketpair(2), DESCRIPTION",
        "000 §12: nuanced",
        "In order, if the pair is one of streams.",
        "Linux 2.6",
        "Any family that has pairs.",
        "conformance/pair/claims.toml:1",
        "test_what_is_sent_arrives conformance/pair/test_pair.py:9",
        "One end, then the other.",
        "none below this folder; sockproof run pair.stream.carries makes one",
    )
    assert [text for text in expected if text not in out] == []


def test_show_tells_the_verdict_of_the_last_run(command):
    command("run", "pair.stream.ends")
    assert "last run    conforms (1 instance, kernel Linux " in command("show", "pair.stream.ends").out
    assert "last run    not among the claims that ran" in command("show", "pair.stream.carries").out


def test_show_tells_when_the_last_run_cannot_be_read(command):
    folder = command.cwd / "sockproof-results" / "latest"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{")
    ended = command("show", "pair.stream.ends")
    assert ended.status == 0
    assert "is not whole JSON" in ended.out


@pytest.mark.parametrize("name", ["pair/claims.toml", "pair/test_pair.py"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_told_and_not_read(command, checkout, name, kind):
    path = checkout.root / "conformance" / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    ended = command("list")
    assert ended.status == 2
    assert f"conformance/{name}:1" in ended.err
    assert f"cannot be read: {'Is a directory' if kind == 'folder' else 'it is no regular file'}." in ended.err


def test_show_tells_what_each_instance_saw_in_a_run(command):
    assert command("run", "--out", "there").status == 0
    told = command("show", "pair.stream.carries", "--results", "there").out

    assert "https://man7.org/linux/man-pages/man2/socketpair.2.html" in told
    assert "  conforms  test_what_is_sent_arrives" in told
    assert re.search(r"\+\d+(\.\d+)? [µm]s  \S+ +send\(b'x'\) -> 1", told)


def test_show_of_a_run_that_left_the_claim_out_says_how_to_run_it(command):
    assert command("run", "pair.stream.ends", "--out", "there").status == 0

    told = " ".join(command("show", "pair.stream.carries", "--results", "there").out.split())
    assert "sockproof run pair.stream.carries runs it" in told
    assert "none.json does not exist" in command("show", "pair.stream.carries", "--results", "none.json").complaint
