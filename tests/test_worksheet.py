"""Every entry of the worksheet is decided by a claim, merged into one, or recorded as not checkable.

tests/worksheet.txt has the ids of its entries; the statements of the catalogue are what became of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.catalogue.loading import Catalogue, load
from reports.source_documents import UNCHECKED

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


def test_every_refuted_statement_has_a_claim_that_says_what_really_happens(catalogue):
    refuted = [each for each in catalogue.statements if each.status == "refuted"]
    deciding = {each.id: [catalogue.claims[name] for name in each.claims] for each in refuted}

    assert [name for name, claims in deciding.items() if not any(claim.really for claim in claims)] == []


def test_every_document_states_something(catalogue):
    numbers = {place[:3] for statement in catalogue.statements for place in statement.documents}

    assert numbers == {document.number for document in catalogue.documents}
