"""``sockproof documents``."""

from __future__ import annotations

import json

import pytest

DOCUMENTS = """
[[document]]
number   = "000"
title    = "A guide"
sections = [{ place = "§11", title = "Nothing stated" }, { place = "§12", title = "Pairs" }]
"""
STATEMENTS = """
[[statement]]
id        = "pair.any-order"
documents = ["000 §12"]
says      = "A pair carries what is sent in any order."
status    = "nuanced"
claims    = ["pair.stream.carries"]

[[statement]]
id        = "pair.advice"
documents = ["000 §12"]
says      = "Pairs are nice."
status    = "not-checkable"
claims    = []
reason    = "An opinion."
"""


@pytest.fixture
def stating(checkout):
    """The checkout with a document and what it states."""
    checkout.write("documents.toml", DOCUMENTS)
    checkout.write("pair/statements.toml", STATEMENTS)
    return checkout


def test_each_statement_is_told_in_its_section(stating, command):
    # ruff: noqa: E501  a table is as wide as it is
    assert command("documents").out.splitlines() == [
        "000  A guide",
        "",
        "  §12  Pairs",
        "    nuanced: A pair carries what is sent in any order.",
        "      really      In order, if the pair is one of streams.",
        "      decided by  not-run: pair.stream.carries",
        "    not-checkable: Pairs are nice.",
        "      because     An opinion.",
        "",
        "     document     sentences    statements       refuted       nuanced        upheld not-checkable       implied       decided",
        "          000             0             2             0             1             0             1             0             0",
        "          all             0             2             0             1             0             1             0             0",
        "",
        "0 of 2 statements decided, 1 not checkable by any run; nothing has run here.",
    ]


def test_the_verdicts_are_those_of_the_last_run(stating, command):
    command("run")

    told = command("documents", "000").out
    assert "decided by  conforms: pair.stream.carries" in told
    assert told.splitlines()[-1].startswith("1 of 2 statements decided, 1 not checkable by any run; verdicts of ")


def test_json_is_for_programs(stating, command):
    data = json.loads(command("documents", "--json").out)
    (section,) = data["documents"][0]["sections"]

    assert (data["schema"], data["version"], data["run"]) == ("sockproof-documents", 1, None)
    assert data["coverage"] == {"decided": 0, "stated": 2, "unchecked": 1}
    assert [(row["id"], row["verdict"]) for row in section["statements"]] == [
        ("pair.any-order", "not-run"),
        ("pair.advice", "not-checkable"),
    ]


def test_results_can_be_named(stating, command, tmp_path):
    command("run", "--out", str(tmp_path / "out"))

    told = command("documents", "--results", str(tmp_path / "out"))
    assert "decided by  conforms: pair.stream.carries" in told.out


def test_an_unknown_document_is_an_error_that_names_the_known(stating, command):
    ended = command("documents", "007")
    assert ended.status == 2
    assert ended.complaint == 'no document is called "007"; the documents are 000.'


def test_results_that_cannot_be_read_are_an_error(stating, command):
    ended = command("documents", "--results", "nowhere.json")
    assert ended.status == 2
    assert "nowhere.json does not exist" in ended.complaint


def test_list_as_json_has_the_statements(stating, command):
    data = json.loads(command("list", "--json").out)
    assert [each["id"] for each in data["statements"]] == ["pair.any-order", "pair.advice"]
    assert [each["number"] for each in data["documents"]] == ["000"]


def test_list_of_a_selection_has_the_statements_that_it_decides(stating, command):
    assert json.loads(command("list", "--json", "pair.stream.ends").out)["statements"] == []


READ = DOCUMENTS.replace("sections = ", 'about = "A text."\nlines = "90"\nsections = ').replace(
    "{ place", "{ line = 10, place", 1
)
READ = READ.replace('{ place = "§12"', '{ line = 20, place = "§12"')
SENTENCES = """
sentence = [
    { lines = "21", says = "Pairs carry.", statements = ["pair.any-order"] },
    { lines = "24-60", says = "A whole program.", statements = ["pair.any-order"] },
    { lines = "24-26", says = "Pairs are nice to have.", statements = ["pair.advice"], program = "000 pair" },
]
"""


@pytest.fixture
def reading(stating):
    """The same with the lines of the document."""
    stating.write("documents.toml", READ)
    stating.write("sentences/000.toml", SENTENCES)
    return stating


def test_a_line_is_answered_with_its_sentence_status_claims_and_verdict(reading, command):
    command("run")

    told = command("documents", "000:21").out.splitlines()
    assert told[:6] == [
        "000:21  §12  Pairs",
        "  21          Pairs carry.",
        "    nuanced: A pair carries what is sent in any order.",
        "      really      In order, if the pair is one of streams.",
        "      decided by  conforms: pair.stream.carries",
        "      statement   pair.any-order",
    ]


def test_any_line_of_a_sentence_finds_it(reading, command):
    for asked in ("000:24", "000:25", "000:26", "000:26-30"):
        assert "24-26       000 pair: Pairs are nice to have." in command("documents", asked).out


def test_what_is_said_of_the_line_alone_comes_before_what_is_said_of_many(reading, command):
    told = command("documents", "000:25").out

    assert told.index("000 pair: Pairs are nice") < told.index("A whole program.")


def test_a_run_of_a_selection_hides_no_sentence(reading, command, tmp_path):
    command("run", "pair.stream.ends", "--out", str(tmp_path / "out"))

    told = command("documents", "000:21", "--results", str(tmp_path / "out")).out
    assert "decided by  not-run: pair.stream.carries" in told


def test_a_line_that_states_nothing_is_answered_with_the_nearest(reading, command):
    told = command("documents", "000:23", "000:5").out

    assert "Nothing is stated there; the nearest sentences are 000:21 and 000:24-26." in told
    assert "000:5  before the first section" in told


def test_lines_as_json(reading, command):
    data = json.loads(command("documents", "000:25", "--json").out)
    (section,) = data["documents"][0]["sections"]

    assert [each["lines"] for each in section["sentences"]] == ["24-26", "24-60"]
    assert [each["id"] for each in section["statements"]] == ["pair.any-order", "pair.advice"]
    assert data["counts"][-1]["sentences"] == 3


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ("000:91", '"000:91" is beyond the end of document 000, which has 90 lines.'),
        ("000:9-4", '"000:9-4" ends before it begins; write the smaller line first.'),
        ("000:x", '"000:x" is no document; write a number (000), or lines of one: 003:120 or 003:113-128.'),
        ("0", '"0" is no document; write a number (000), or lines of one: 003:120 or 003:113-128.'),
        ("007:1", 'no document is called "007"; the documents are 000.'),
    ],
)
def test_what_is_no_line_is_an_error(reading, command, asked, complaint):
    ended = command("documents", asked)

    assert (ended.status, ended.complaint) == (2, complaint)
