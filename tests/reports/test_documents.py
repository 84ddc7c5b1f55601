"""The documents' page: every statement at each of its places, with what this run found."""

from __future__ import annotations

from hypothesis import given

from reports import documents
from reports.html import page
from reports.record import DECIDED
from tests.reports import strategies
from tests.reports.samples import claim, instance, results


def shown(found=None):
    return documents.documents(found or results())


def test_documents_and_sections_stand_in_their_own_order():
    assert [view.document.number for view in shown()] == ["001", "002", "004"]
    assert [part.section.place for part in shown()[2].sections] == ["§1", "§11"]


def test_a_section_that_states_nothing_is_left_out():
    assert [part.section.place for part in shown()[0].sections] == ["§7"]


def test_a_statement_stands_at_each_of_its_places():
    ids = [[row.statement.id for row in view.statements.values()] for view in shown()]

    assert ids == [["groups.loop", "multicast.loop.igmp"], ["timewait.shorter"], ["advice.tune", "timewait.shorter"]]


def test_a_claim_that_no_statement_names_stands_for_itself():
    row = shown()[0].statements["multicast.loop.igmp"]

    assert (row.statement.says, row.statement.status) == ("Joining a group sends an IGMP report.", "nuanced")
    assert row.really == ("Not for 224.0.0.1.",)


def test_the_verdict_is_that_of_all_its_claims():
    assert shown()[1].statements["timewait.shorter"].verdict == "deviates"
    assert shown()[0].statements["groups.loop"].verdict == "conforms"


def test_what_no_run_can_decide_has_no_verdict():
    assert shown()[2].statements["advice.tune"].verdict == "not-checkable"


def test_what_did_not_run_is_told_so():
    assert shown(results(instances=()))[1].statements["timewait.shorter"].verdict == "not-run"


def test_statuses_are_counted_the_worst_first():
    assert [view.statuses for view in shown()] == [
        {"nuanced": 1, "upheld": 1},
        {"refuted": 1},
        {"refuted": 1, "not-checkable": 1},
    ]


def test_coverage_counts_what_was_decided():
    assert str(documents.coverage(results())) == "2 of 4 statements decided, 1 not checkable by any run"


def test_coverage_of_none():
    assert str(documents.coverage(results(statements=(), claims=()))) == "0 of 0 statements decided"


def test_the_page_sets_what_is_stated_beside_what_happens():
    section = page(results()).partition('<section id="documents">')[2].partition("</section>")[0]

    link = 'href="#tcp.time-wait.fin-timeout"'
    for text in ("tcp_fin_timeout shortens TIME_WAIT.", "TIME_WAIT lasts 60 seconds", link):
        assert text in section


def test_a_claim_that_is_not_in_the_run_is_named_without_a_link():
    assert "<code>not.in.catalogue</code>" in page(results())
    assert 'href="#not.in.catalogue"' not in page(results())


def test_a_run_without_documents_has_no_such_section():
    assert 'id="documents"' not in page(results(documents=()))


@given(strategies.results)
def test_no_more_is_decided_than_is_stated(found):
    counted = documents.coverage(found)

    assert 0 <= counted.decided <= counted.stated - counted.unchecked <= counted.stated


def test_only_verdicts_about_the_kernel_decide():
    claims = (claim(documents=("001 §7",), status="upheld"),)
    for verdict in ("conforms", "not-permitted"):
        one = results(claims=claims, instances=(instance(verdict),), statements=())
        assert documents.coverage(one).decided == (verdict in DECIDED)
