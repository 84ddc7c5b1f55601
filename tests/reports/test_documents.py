"""The documents' page: every statement at each of its places, with what this run found."""

from __future__ import annotations

from hypothesis import given

from reports import documents
from reports.record import DECIDED
from reports.source_documents import Statement
from tests.reports import strategies
from tests.reports.drawn import page
from tests.reports.samples import claim, instance, results


def shown(found=None):
    return documents.documents(found or results())


def section():
    """§7 of the first document, whose lines are known."""
    return shown()[0].sections[0]


def test_documents_and_sections_stand_in_their_own_order():
    assert [view.document.number for view in shown()] == ["001", "002", "004"]
    assert [part.section.place for part in shown()[2].sections] == ["§1", "§11"]


def test_a_section_that_states_nothing_is_left_out():
    assert [part.section.place for part in shown()[0].sections] == ["§7"]


def test_a_statement_stands_at_each_of_its_places():
    ids = [[row.statement.id for row in view.statements.values()] for view in shown()]

    assert ids == [
        ["groups.loop", "groups.all", "groups.quiet"],
        ["timewait.shorter"],
        ["advice.tune", "timewait.shorter"],
    ]


def test_what_a_claim_says_is_nothing_that_a_document_states():
    assert any(each.id == "multicast.loop.igmp" and each.documents for each in results().claims)
    assert "multicast.loop.igmp" not in shown()[0].statements


def test_sentences_stand_in_the_order_of_their_lines_with_their_statements():
    rows = [(row.sentence.lines, [each.statement.id for each in row.statements]) for row in section().sentences]

    assert rows == [("6", ["groups.loop"]), ("7-9", ["groups.loop", "groups.all"])]


def test_what_is_only_implied_stands_behind_the_sentences():
    assert [row.statement.id for row in section().unsaid] == ["groups.quiet"]


def test_where_no_lines_are_known_the_statements_stand_alone():
    assert [row.statement.id for row in shown()[1].sections[0].unsaid] == ["timewait.shorter"]


def test_what_a_statement_says_of_the_truth_comes_before_what_its_claims_say():
    views = {row.statement.id: row for row in section().statements}

    assert (views["groups.all"].really, views["groups.all"].truth) == (("Those who joined.",), ("Those who joined.",))
    assert (views["groups.loop"].really, len(views["groups.loop"].truth)) == ((), 1)


def test_a_sentence_about_a_program_shows_what_it_did():
    said = {row.sentence.lines: row.shown for row in section().sentences}

    assert said["6"] is None
    assert said["7-9"] is not None
    assert said["7-9"].trace.events


def test_the_tallies_count_each_statement_once():
    counted = {
        tally.number: (tally.sentences, tally.statements, tally.implied) for tally in documents.tallies(results())
    }

    assert counted == {"001": (3, 3, 1), "002": (0, 1, 0), "004": (0, 2, 0), "all": (3, 5, 1)}


@given(strategies.results)
def test_statuses_of_a_tally_add_up_unless_one_is_unknown(found):
    for tally in documents.tallies(found):
        assert sum(tally.statuses.values()) <= tally.statements
        assert tally.decided <= tally.statements


def test_the_verdict_is_that_of_all_its_claims():
    assert shown()[1].statements["timewait.shorter"].verdict == "deviates"
    assert shown()[0].statements["groups.loop"].verdict == "conforms"


def test_what_no_run_can_decide_has_no_verdict():
    assert shown()[2].statements["advice.tune"].verdict == "not-checkable"


def test_what_did_not_run_is_told_so():
    assert shown(results(instances=()))[1].statements["timewait.shorter"].verdict == "not-run"


def test_statuses_are_counted_the_worst_first():
    assert [view.statuses for view in shown()] == [
        {"refuted": 1, "nuanced": 1, "upheld": 1},
        {"refuted": 1},
        {"refuted": 1, "not-checkable": 1},
    ]


def test_coverage_counts_what_was_decided():
    assert str(documents.coverage(results())) == "4 of 5 statements decided, 1 not checkable by any run"


def test_coverage_of_none():
    assert str(documents.coverage(results(statements=(), claims=()))) == "0 of 0 statements decided"


def test_the_page_sets_what_is_stated_beside_what_happens():
    section = page(results()).partition('<section id="documents">')[2].partition("</section>")[0]

    link = 'href="#tcp.time-wait.fin-timeout"'
    for text in ("tcp_fin_timeout shortens TIME_WAIT.", "TIME_WAIT lasts 60 seconds", link):
        assert text in section


def test_the_page_says_what_red_means_where_a_document_is_wrong():
    assert "beside a claim is about a text" in page(results())
    assert "beside a claim is about a text" not in page(results(documents=()))


def test_a_link_leads_to_each_sentence_by_its_lines():
    assert 'id="document-001-7-9"' in page(results())
    assert page(results()).count("001 sender") == 2  # beside the sentence and above its ladder


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
    stated = (Statement("linger.rst", "It resets.", ("001 §7",), "upheld", (claims[0].id,)),)
    for verdict in ("conforms", "not-permitted"):
        one = results(claims=claims, instances=(instance(verdict),), statements=stated)
        assert documents.coverage(one).decided == (verdict in DECIDED)
