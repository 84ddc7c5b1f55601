"""``sockproof standards``: items by name, id and section, with who decides them and what a run found."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from sockproof.standards import root

STANDARDS = """
[[standard]]
name  = "RFC 9293"
title = "TCP"
link  = "https://example.org/tcp"
file  = "tcp.toml"
"""
REQUIREMENTS = """
[[requirement]]
id      = "MUST-1"
section = "3.1"
says    = "It is carried."
claims  = ["pair.stream.carries"]
differs = "Slowly."

[[requirement]]
id      = "SHLD-2"
section = "3.1"
says    = "It is secret."
unobservable = "Nobody sees it."

[[requirement]]
id      = "MAY-3"
section = "3.2"
says    = "It may wait."
"""
PAGE = """
[[requirement]]
id      = "SO_ONE, SO_OTHER"
kind    = "option"
section = "Options"
says    = "They are set."
claims  = ["pair.stream.carries"]
lacks   = "The other."

[[requirement]]
id      = "EBADF"
kind    = "errno"
section = "ERRORS"
says    = "It is closed."
claims  = ["pair.stream.carries"]
"""


@pytest.fixture
def demanding(checkout):
    """The checkout with a standard of three items."""
    checkout.write("standards.toml", STANDARDS)
    checkout.write("standards/tcp.toml", REQUIREMENTS)
    return checkout


def test_a_standard_is_told_item_by_item(demanding, command):
    assert command("standards").out.splitlines() == [
        "RFC 9293  TCP: 0 of 3 requirements decided, 1 not observable, 1 without a claim",
        "https://example.org/tcp",
        "",
        "  MUST-1  (3.1, must)  not-run",
        "    It is carried.",
        "      on Linux    Slowly.",
        "      decided by  pair.stream.carries",
        "",
        "  SHLD-2  (3.1, should)  not-observable",
        "    It is secret.",
        "      because     Nobody sees it.",
        "",
        "  MAY-3  (3.2, may)  undecided",
        "    It may wait.",
        "",
        "Nothing has run here.",
    ]


@pytest.fixture
def paged(demanding):
    """The same with a manual page of two items."""
    demanding.write("standards.toml", STANDARDS + STANDARDS.replace("RFC 9293", "some(7)").replace("tcp.", "page."))
    demanding.write("standards/page.toml", PAGE)
    return demanding


@pytest.mark.parametrize("asked", ["SO_OTHER", "so_one", "some(7)/SO_OTHER", "Options"])
def test_an_item_is_found_by_each_of_its_names_and_behind_its_page(paged, command, asked):
    (standard,) = json.loads(command("standards", "--json", asked).out)["standards"]
    assert [(entry["id"], entry["verdict"]) for entry in standard["requirements"]] == [("SO_ONE, SO_OTHER", "partly")]


@pytest.mark.parametrize("asked", ["secret", "is SECRET", "RFC9293 secret"])
def test_what_has_no_such_name_is_sought_by_its_words(paged, command, asked):
    (standard,) = json.loads(command("standards", "--json", asked).out)["standards"]
    assert [entry["id"] for entry in standard["requirements"]] == ["SHLD-2"]


def test_what_is_decided_in_part_says_what_is_open(paged, command):
    assert command("standards", "some(7)", "--open").out.splitlines()[3:7] == [
        "  SO_ONE, SO_OTHER  (Options, option)  partly",
        "    They are set.",
        "      open        The other.",
        "      decided by  pair.stream.carries",
    ]


def test_a_table_counts_how_items_are_answered(paged, command):
    assert [line.split() for line in command("standards").out.splitlines()[-6:-2]] == [
        ["items", "decided", "partly", "not", "observable", "open"],
        ["RFC", "9293", "3", "1", "0", "1", "1"],
        ["some(7)", "2", "1", "1", "0", "0"],
        ["all", "5", "2", "1", "1", "1"],
    ]


def test_the_verdicts_are_those_of_the_last_run(demanding, command):
    command("run")
    assert "MUST-1  (3.1, must)  conforms" in command("standards").out


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        (["rfc9293"], ["MUST-1", "SHLD-2", "MAY-3"]),
        (["RFC 9293"], ["MUST-1", "SHLD-2", "MAY-3"]),
        (["may-3", "MUST-1"], ["MUST-1", "MAY-3"]),
        (["3.1"], ["MUST-1", "SHLD-2"]),
        (["--open"], ["MAY-3"]),
    ],
)
def test_items_go_by_standard_id_and_section(demanding, command, asked, ids):
    (standard,) = json.loads(command("standards", "--json", *asked).out)["standards"]
    assert [entry["id"] for entry in standard["requirements"]] == ids


def test_what_names_nothing_is_refused_with_what_there_is(demanding, command):
    told = command("standards", "MUST-999")
    assert told.status == 2
    assert 'nothing is called "MUST-999", and no item has these words' in told.err


@pytest.mark.parametrize("asked", ["RFC9293 carrying", "rfc9293 secrets", "rfc9293 received"])
def test_words_are_sought_without_their_endings_and_in_the_claims_that_decide(demanding, command, asked):
    assert command("standards", asked).status == 0


def test_claims_are_named_where_no_item_has_the_words(demanding, command):
    told = command("standards", "reads as nothing")
    assert told.status == 2
    assert "claims that have them: pair.stream.ends (sockproof show ID)" in told.err
    assert "claims that have them" not in command("standards", "rfc9293 reads as nothing").err


def test_of_a_few_items_the_command_is_told_that_decides_them(demanding, command):
    assert command("standards", "MUST-1").out.splitlines()[-2:] == [
        "What decides this:",
        "sockproof run pair.stream.carries",
    ]


def test_items_are_named_that_have_all_words_but_one(demanding, command):
    told = command("standards", "rfc9293 carried fast").err
    assert "no item has these words; all but one of them have RFC 9293/MUST-1; " in told


@pytest.mark.parametrize(
    ("word", "short"),
    [
        ("truncated", "truncat"),
        ("boundaries", "boundar"),
        ("process", "process"),
        ("shed", "shed"),
        ("so_types", "so_types"),
    ],
)
def test_endings_are_those_of_plain_words(word, short):
    assert root(word) == short


def test_every_label_of_rfc_9293_is_there():
    file = Path(__file__).parents[2] / "conformance/standards/rfc9293.toml"
    ids = [entry["id"] for entry in tomllib.loads(file.read_text("utf-8"))["requirement"]]
    every = {"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1}
    assert sorted(ids) == sorted(f"{kind}-{number}" for kind, last in every.items() for number in range(1, last + 1))
