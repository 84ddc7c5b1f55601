"""How the verdicts of one instance on several sides go together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.compare.changes import changes
from tests.reports.compare.builders import compared, deviating, found, of_verdicts
from tests.reports.samples import instance, run


@pytest.mark.parametrize(
    ("verdicts", "kind", "alone"),
    [
        (("conforms", "conforms"), "same", None),
        (("deviates", "deviates"), "same", None),
        (("conforms", "deviates"), "differs", 1),
        (("deviates", "conforms"), "differs", 0),
        (("conforms", "unsupported"), "one-sided", None),
        (("deviates", "harness-error"), "one-sided", None),
        (("unsupported", "not-permitted"), "undecided", None),
        (("conforms", "deviates", "conforms"), "differs", 1),
        (("deviates", "conforms", "deviates"), "differs", 1),
        (("conforms", "deviates", "unsupported"), "differs", 1),
        (("conforms", "conforms", "deviates", "deviates"), "differs", None),
        (("conforms", "conforms", "unsupported"), "one-sided", None),
    ],
)
def test_verdicts_side_by_side(verdicts, kind, alone):
    comparison = of_verdicts(*verdicts)

    (row,) = comparison.rows
    assert (row.kind, row.alone) == (kind, alone)
    assert comparison.claims[0].kind == kind
    assert comparison.same == (kind in ("same", "undecided"))


def test_deviating_in_another_way_differs():
    both = compared(found(deviating("EINVAL"), name="a"), found(deviating("ENOSYS"), name="b"))

    assert both.rows[0].otherwise
    assert both.rows[0].kind == "differs"
    assert both.rows[0].alone is None


def test_numbers_make_no_other_way():
    both = compared(
        found(deviating("('127.0.0.1', 4000)"), name="a"), found(deviating("('127.0.0.1', 5001)"), name="b")
    )

    assert both.same


def test_costs_without_a_clear_margin_change_nothing():
    noise = replace(instance("inconclusive"), counts=False)

    assert compared(found(instance(), name="a"), found(noise, name="b")).same
    assert not compared(found(instance(), name="a"), found(instance("inconclusive"), name="b")).same


def test_a_run_without_instances_is_the_same_as_nothing():
    assert not compared(found(name="a"), found(name="b")).same


def test_a_claim_that_differs_in_one_instance_differs():
    both = compared(
        found(instance(), instance(family="ip6"), name="a"), found(instance(), deviating("x", family="ip6"), name="b")
    )

    (claim,) = both.claims
    assert (claim.kind, claim.alone, claim.cells[1].share) == ("differs", 1, "1 of 2")
    assert both.only(1) == [claim]
    assert both.only(0) == []


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (instance(), deviating("x"), "now deviates"),
        (deviating("x"), instance(), "conforms again"),
        (deviating("EINVAL"), deviating("ENOSYS"), "deviates otherwise"),
        (instance(), instance("unsupported"), "no longer decided"),
        (instance("unsupported"), instance(), "now decided"),
    ],
)
def test_what_became_of_an_instance(before, after, change):
    both = compared(found(before, ran=run(id="one")), found(after, ran=run(id="two")))

    assert both.of_one_target
    assert {name: len(rows) for name, rows in changes(both).items()} == {change: 1}
    assert not both.same


def test_what_was_added_and_what_is_gone():
    old, new = instance(family="old"), instance(family="new")

    both = compared(found(old, ran=run(id="one")), found(new, ran=run(id="two")))

    assert {name: [row.name for row in rows] for name, rows in changes(both).items()} == {
        "gone": ["family=old"],
        "added": ["family=new"],
    }
    assert not both.same
