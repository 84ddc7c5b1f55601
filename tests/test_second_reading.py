"""Nothing that a second reading of the documents found is missing: every line of it has its sentences and a verdict.

tests/second_reading.txt has the lines of what was found, one row for each statement on them; conformance/sentences says
what stands there, in our own words.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fixtures.catalogue.loading import Catalogue, load
from reports import documents
from reports.record import Results, Run, Target
from reports.source_documents import UNCHECKED

HERE = Path(__file__).parent
READ = [tuple(row.split()) for row in (HERE / "second_reading.txt").read_text(encoding="ascii").splitlines()]
FOUND = {"000": 83, "001": 109, "002": 133, "003": 49, "004": 87}
"""Rows by document, in which what stands in two places of one row counts for each."""
UNSAID = {
    "buf.inherit", "cork.nodelay-override", "epoll.et-unix", "linger.exit-background", "mcast.all",
    "reuse.udp-reuseaddr", "timewait.simultaneous", "udp.mmsg-timeout-bug",
}  # fmt: skip
"""Statements that had been ascribed to documents, and that no line of them says."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(HERE.parent)


def test_the_reading_is_whole():
    assert Counter(number for number, _ in READ) == FOUND


def test_no_row_of_the_reading_is_missing(catalogue):
    stands = Counter((each.number, sentence.lines) for each in catalogue.documents for sentence in each.sentences)

    assert Counter(READ) - stands == Counter()


def test_what_no_line_says_is_marked_as_implied(catalogue):
    marked = {each.id for each in catalogue.statements if each.implied}

    assert UNSAID - marked == set()


def test_every_sentence_has_a_verdict_or_a_reason_for_having_none(catalogue):
    statements = {each.id: each for each in catalogue.statements}
    named = [statements[name] for each in catalogue.documents for row in each.sentences for name in row.statements]

    assert [each.id for each in named if not each.claims and not (each.status == UNCHECKED and each.reason)] == []


def test_what_is_printed_is_what_the_files_hold(catalogue):
    nothing = Run("", 0, ""), Target("", "", "", "")
    results = Results(*nothing, tuple(catalogue.claims.values()), (), catalogue.documents, catalogue.statements)
    counted = {tally.number: tally for tally in documents.tallies(results)}

    assert counted["all"].statements == len(catalogue.statements)
    assert {each.number: len(each.sentences) for each in catalogue.documents} == {
        number: tally.sentences for number, tally in counted.items() if number != "all"
    }
    assert [view.statement.id for view in documents.statement_views(results)] == [x.id for x in catalogue.statements]
