"""Which fault is named: by hand for what the words mean, and on a sample of the real dictionary for how good it is."""

from __future__ import annotations

import pytest

from reports.diagnosis.dictionary import Fault, made, read
from reports.diagnosis.fitting import Seen, diagnose
from reports.diagnosis.self_check import table
from reports.diagnosis.words import measure

NAMES = {f"conformance/t.py::test_{at}": f"a.claim.c{at}" for at in range(40)}


def fault(name: str, fell: range, unknown: range = range(0)) -> Fault:
    return Fault(name, f"{name}.", "tcp(7)", (f"a.claim.c{fell.start}",), bits(fell), bits(unknown))


def bits(places: range) -> int:
    return sum(1 << at for at in places)


def seen(*fell: range) -> Seen:
    found = sum(bits(each) for each in fell)
    return Seen(found, bits(range(40)) & ~found)


FAULTS = made(
    NAMES,
    [
        fault("wide", range(20)),
        fault("narrow", range(4)),
        fault("other", range(20, 26)),
        fault("one", range(30, 31)),
        fault("unasked", range(26, 28), range(20)),
    ],
)


def causes(run: Seen, **options) -> list[str]:
    return [each.fault.id for each in diagnose(FAULTS, run, **options).causes]


def test_the_fault_under_which_exactly_that_falls_is_the_cause():
    assert causes(seen(range(20))) == ["wide"]
    assert causes(seen(range(4))) == ["narrow"]
    assert causes(seen(range(30, 31))) == ["one"]


def test_the_measure_tells_what_agrees_and_what_is_missing():
    whole = diagnose(FAULTS, seen(range(20))).causes[0]
    part = diagnose(FAULTS, seen(range(18), range(35, 36))).causes[0]

    assert measure(whole) == "20 of 20 fall under it, nothing that would fall is missing"
    assert measure(part) == "18 of 19 fall under it, 2 of 20 that would fall stand"
    assert (whole.fit, part.fit) == (1.0, 18 / 21)


def test_two_faults_are_told_together_and_neither_is_held_against_the_other():
    found = diagnose(FAULTS, seen(range(20), range(20, 26)))

    assert [(each.fault.id, each.fit) for each in found.causes] == [("wide", 1.0), ("other", 1.0)]
    assert found.left == 0


def test_one_inside_another_is_not_told_beside_it():
    assert causes(seen(range(20))) == ["wide"]


def test_what_no_fault_explains_gets_no_cause():
    found = diagnose(FAULTS, seen(range(32, 38)))

    assert found.causes == ()
    assert found.left == bits(range(32, 38))


def test_half_of_a_fault_is_near_and_no_cause():
    found = diagnose(FAULTS, seen(range(10)))

    assert found.causes == ()
    assert "wide" in [each.fault.id for each in found.near]


def test_a_fault_that_is_not_in_the_dictionary_is_not_named_by_another():
    assert causes(seen(range(20)), without=frozenset({"wide"})) == []


def test_what_was_not_asked_is_held_against_nobody():
    assert causes(seen(range(26, 28))) == ["unasked"]
    assert causes(seen(range(26, 28), range(5, 7))) == ["unasked"]


def test_at_most_three_are_named():
    found = diagnose(FAULTS, seen(range(28), range(30, 31)))

    assert len(found.named) <= 3


def test_nothing_fell():
    assert diagnose(FAULTS, seen()).named == ()


def test_the_shipped_dictionary_names_what_is_in_it_and_no_stranger():
    """On a sample: sockproof diagnose --self-check has the whole table."""
    rows = list(table(read(), sample=300, seed="a test"))

    assert [row.what for row in rows if not row.holds] == []
    assert all(row.of >= 300 for row in rows)


@pytest.mark.parametrize("spoilt", ["fell", "names"])
def test_the_table_sees_a_dictionary_that_is_no_good(spoilt):
    """Every fault falls alike but for one instance, or has a signature that nothing shows."""
    twins = [fault(f"f{at}", range(10), range(at + 10, at + 11)) for at in range(9)]
    lost = [fault(f"f{at}", range(at, at + 1), range(0)) for at in range(9)] + [fault("all", range(40))]
    rows = list(table(made(NAMES, twins if spoilt == "fell" else lost)))

    assert [row.what for row in rows if not row.holds]


def test_what_has_run_may_not_tell_two_faults_apart():
    few = Seen(bits(range(4)), 0)
    found = diagnose(FAULTS, few)

    assert [(each.fault.id, each.fit) for each in (*found.causes, *found.rivals)] == [("wide", 1.0), ("narrow", 1.0)]
    assert diagnose(FAULTS, seen(range(4))).rivals == ()


def test_what_is_likeliest_for_the_rest_may_be_what_the_whole_is_not_told_from():
    both = made(NAMES, [fault("first", range(2), range(2, 6)), fault("second", range(2, 4), range(2))])
    found = diagnose(both, Seen(bits(range(4)), bits(range(10, 40))))

    assert [each.fault.id for each in found.causes] == ["first"]
    assert [each.fault.id for each in found.rivals] == ["second"]


def test_a_fault_that_is_there_whole_is_a_cause_of_a_run_that_has_others_nobody_knows():
    found = diagnose(FAULTS, seen(range(20), range(28, 38)))

    assert [(each.fault.id, each.missing) for each in found.causes] == [("wide", 0)]
    assert found.left == bits(range(28, 38))
    assert diagnose(FAULTS, seen(range(15), range(28, 38))).causes == ()


def test_two_that_are_there_whole_are_causes_of_a_run_that_has_others_nobody_knows():
    """Neither fits, since each leaves what the other and the unknown do; together they account for most."""
    names = {f"conformance/t.py::test_{at}": f"a.claim.c{at}" for at in range(100)}
    pair = made(names, [fault("first", range(22)), fault("second", range(22, 44))])

    def found(*fell: range) -> list[str]:
        below = sum(map(bits, fell))
        return [each.fault.id for each in diagnose(pair, Seen(below, bits(range(100)) & ~below)).causes]

    assert sorted(found(range(44), range(50, 80))) == ["first", "second"]
    assert found(range(44), range(50, 98)) == []


def test_one_of_many_that_fell_is_no_cause_of_theirs():
    one = made(NAMES, [fault("one", range(1), range(1, 20))])

    assert diagnose(one, Seen(bits(range(20)), 0)).causes == ()
    assert [each.fault.id for each in diagnose(one, Seen(bits(range(1)), 0)).causes] == ["one"]


def test_what_comes_by_one_of_two_faults_is_not_held_against_the_other():
    two = made(NAMES, [fault("asked little", range(8), range(8, 20)), fault("other", range(20, 26))])
    found = diagnose(two, Seen(bits(range(26)), bits(range(30, 40))))

    assert [(each.fault.id, each.fit) for each in found.causes] == [("asked little", 1.0), ("other", 1.0)]


def test_where_no_pair_fits_the_likeliest_fault_alone_is_the_cause():
    few = made(
        NAMES,
        [fault("asked little", range(6), range(6, 40)), fault("left", range(4, 15)), fault("right", range(15, 26))],
    )
    found = diagnose(few, Seen(bits(range(30)), bits(range(30, 40))))

    assert [(each.fault.id, each.fit) for each in found.causes] == [("asked little", 1.0)]
    assert found.unasked.bit_count() == 24


def test_a_scenario_that_fell_with_other_parameters_speaks_for_its_siblings():
    names = {f"conformance/t.py::test_a[{at}]": "a.claim.c0" for at in range(6)} | {"conformance/t.py::test_b": "b.c.d"}
    asked = Fault("asked-once", "It.", "tcp(7)", (), 0b1, 0b1111110)
    found = diagnose(made(names, [asked]), Seen(0b111110, 0b1000000))

    assert [(cause.fault.id, measure(cause)) for cause in found.causes] == [
        ("asked-once", "5 of 5 fall under it, nothing that would fall is missing")
    ]
