"""Every entry of the worksheet is decided by a claim, merged into one, or recorded as not checkable.

tests/worksheet.txt has the ids of its entries; the statements of the catalogue are what became of them.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from fixtures.catalogue.loading import Catalogue, load
from reports.source_documents import UNCHECKED, Statement
from sockproof.mutants.catalogue import load as load_mutants

HERE = Path(__file__).parent
WORKSHEET = (HERE / "worksheet.txt").read_text(encoding="ascii").split()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(HERE.parent)


def test_the_worksheet_names_each_entry_once():
    assert len(WORKSHEET) == len(set(WORKSHEET)) == 276


def test_every_entry_has_become_a_statement(catalogue):
    stated = {statement.id for statement in catalogue.statements}

    assert [name for name in WORKSHEET if name not in stated] == []


def test_every_statement_is_decided_by_claims_or_says_why_not(catalogue):
    assert [each.id for each in catalogue.statements if not each.claims and each.status != UNCHECKED] == []
    assert [each.id for each in catalogue.statements if each.status == UNCHECKED and not each.reason] == []


def test_every_refuted_or_nuanced_statement_says_what_really_happens(catalogue):
    mended = [each for each in catalogue.statements if each.status in ("refuted", "nuanced")]
    silent = [each for each in mended if not each.really and not any(catalogue.claims[x].really for x in each.claims)]

    assert [each.id for each in silent] == []


def test_every_refuted_or_nuanced_statement_would_turn_red_if_the_document_were_right(catalogue):
    """Its scenarios assert what really happens; a mutant shows that they can fail, or the claim says why none can."""
    patterns = {name for mutant in load_mutants() if mutant.expect == "kill" for name in mutant.claims}
    violated = {name for name in catalogue.claims if any(fnmatchcase(name, pattern) for pattern in patterns)}
    tested = violated | {claim.id for claim in catalogue.claims.values() if claim.untestable}
    mended = [
        each for each in catalogue.statements if each.status in ("refuted", "nuanced") and each.id[:7] != "sample."
    ]

    assert [each.id for each in mended if not telling(each, catalogue) & tested] == []


def test_every_claim_falls_under_a_mutant_or_says_why_none_can(catalogue):
    patterns = {name for mutant in load_mutants() if mutant.expect == "kill" for name in mutant.claims}
    silent = [claim.id for claim in catalogue.claims.values() if not claim.untestable]

    assert [name for name in silent if not any(fnmatchcase(name, pattern) for pattern in patterns)] == []


def telling(statement: Statement, catalogue: Catalogue) -> set[str]:
    """The claims of a statement that say what really happens; where none says it, the first."""
    same = {name for name in statement.claims if catalogue.claims[name].status == statement.status}
    return same if same and not statement.really else set(statement.claims[:1])


def test_every_document_states_something(catalogue):
    numbers = {place[:3] for statement in catalogue.statements for place in statement.documents}

    assert numbers == {document.number for document in catalogue.documents}


PAGES = re.compile(r"\w+\([27]\)")


def test_every_item_of_the_manual_pages_is_answered_or_says_what_is_open(catalogue):
    pages = [each for each in catalogue.standards if PAGES.fullmatch(each.name)]
    items = [item for page in pages for item in page.requirements]
    silent = [item.id for item in items if not item.claims and not item.unobservable and not item.lacks]

    assert silent == []
    assert (len(pages), len(items)) == (26, 518)
    assert sum(bool(item.claims) and not item.lacks for item in items) >= 460


def test_every_requirement_of_an_rfc_is_answered(catalogue):
    """By a claim that decides it, by the reason why nothing can show it, or, for some, by what is still open."""
    rfcs = [each for each in catalogue.standards if each.name.startswith("RFC ")]
    demands = [(rfc.name, each) for rfc in rfcs for each in rfc.requirements]
    open_ones = [(name, each) for name, each in demands if not each.claims and not each.unobservable]

    assert [(name, each.id) for name, each in open_ones if not each.lacks] == []
    assert len(open_ones) <= 44
    assert len(rfcs) >= 14


def test_every_requirement_of_rfc_9293_is_answered():
    """By a claim that decides it, or by the reason why nothing can show it."""
    (standard,) = [each for each in load(Path(__file__).resolve().parents[1]).standards if each.name == "RFC 9293"]
    assert [each.id for each in standard.requirements if not each.claims and not each.unobservable] == []
    assert sum(bool(each.claims) for each in standard.requirements) >= 105
