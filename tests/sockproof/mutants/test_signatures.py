"""What is asked for a signature, and what stands before the counter of a rule."""

from __future__ import annotations

import pytest

from reports.diagnosis.dictionary import every_fault, read
from sockproof.mutants.catalogue import load
from sockproof.mutants.passing import conditions, countable
from sockproof.mutants.signature import MOST, plan, scenario_of
from tests.dictionary import stale

NAMES = [f"conformance/t.py::test_{at}[{family}]" for at in range(100) for family in ("ip4", "ip6")]
OWN = {name for name in NAMES if "test_7[" in name or "test_8[" in name}


def test_all_that_is_named_comes_first_and_then_a_scenario_each() -> None:
    found = plan(NAMES, OWN.__contains__)

    assert set(found[: len(OWN)]) == OWN
    others = found[len(OWN) : len(OWN) + MOST]
    assert len({scenario_of(name) for name in others}) == len(others) == MOST
    assert {scenario_of(name) for name in found[len(OWN) + MOST :]} == {scenario_of(name) for name in others}
    assert len(found) == len(set(found))


def test_the_sample_is_the_same_whoever_else_reaches_it() -> None:
    few = [name for name in NAMES if int(name.split("_")[1].split("[")[0]) % 2]
    whole, part = (set(plan(names, lambda _: False)[:MOST]) for names in (NAMES, few))

    assert part & whole == set(few) & whole


def test_a_bound_takes_an_instance_of_so_many_scenarios() -> None:
    found = plan(NAMES, OWN.__contains__, 1)

    assert len(found) == 3
    assert len(plan(NAMES, lambda _: True, 3)) == 6


@pytest.mark.parametrize(
    ("rule", "before"),
    [
        ("tcp flags & syn == syn counter drop", ["tcp flags & syn == syn"]),
        ("tcp flags == ack numgen inc mod 1000 > 5 counter drop", ["tcp flags == ack"]),
        ("ip id 1 counter accept; ip id 2 counter ip id set 7", ["ip id 1", "ip id 2"]),
        ("ct mark 1 drop", []),
    ],
)
def test_of_a_rule_only_the_conditions_are_counted(rule: str, before: list[str]) -> None:
    assert list(conditions(rule)) == before


def test_nearly_every_rule_of_the_catalogue_can_be_counted() -> None:
    rules = [mutant for mutant in load() if mutant.mechanism == "nft"]

    assert sum(countable(mutant) for mutant in rules) > 0.95 * len(rules)
    assert all(list(conditions(mutant.argument)) for mutant in rules if countable(mutant))


def lacking() -> list[str]:
    """The mutants that a claim must notice and that the dictionary does not have."""
    known = {fault.id for fault in every_fault(read())}
    return [mutant.id for mutant in load() if mutant.scored and mutant.id not in known]


def remedy(faults: list[str]) -> str:
    """What adds them."""
    file = "reports/diagnosis/faults.json"
    return (
        f"{len(faults)} faults cannot be named by a diagnosis; add them with\n"
        f"sockproof mutants {' '.join(faults)} --signatures --scenarios 6 --onto {file} --out DIR\n"
        f"cp DIR/faults.json {file}"
    )


def test_dictionary_does_not_fall_behind_the_catalogue() -> None:
    """What it lacks can never be named, and 97 % are to be; so there is room for those that are newest."""
    faults = lacking()

    assert len(faults) < 0.03 * sum(mutant.scored for mutant in load()), remedy(faults)


@pytest.mark.thorough
def test_dictionary_has_every_fault() -> None:
    faults = lacking()

    assert not faults, remedy(faults)


def test_dictionary_names_no_scenario_that_is_gone() -> None:
    gone = stale(read())

    assert not gone, f"moved or renamed? python -m tests.dictionary move OLD NEW: {gone}"
