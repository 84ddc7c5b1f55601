"""Claims by sides: the verdict of each on each, and how these go together. Pure functions of results.

An instance *differs* where one side conforms and another deviates, or where all deviate and not in the same way. It is
*one-sided* where only some sides decided it, and *undecided* where none did. What does not count, a comparison of costs
without a clear margin, makes nothing one-sided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports import naming, summary
from reports.compare.names import target_name
from reports.compare.sides import Side
from reports.record import DECIDED, Claim, Instance
from reports.texts import first_line

KINDS = ("differs", "one-sided", "undecided", "same")
"""What a row can be; a claim is the first of these that one of its instances is."""

ABSENT = "absent"
"""What stands in the place of a verdict on a side that does not have the instance."""


@dataclass(frozen=True)
class InstanceRow:
    """One instance on every side."""

    id: str
    found: tuple[Instance | None, ...]
    """By side; None where the side does not have it."""

    @property
    def name(self) -> str:
        """Its parameters with their names, or the scenario's name where it has none."""
        return naming.name(self.some)

    @cached_property
    def some(self) -> Instance:
        """The instance on the first side that has it."""
        return next(each for each in self.found if each is not None)

    @cached_property
    def verdicts(self) -> tuple[str, ...]:
        """By side."""
        return tuple(each.verdict if each else ABSENT for each in self.found)

    @cached_property
    def otherwise(self) -> bool:
        """Whether every side that decided it deviates, and not all in the same way."""
        decided = [each for each in self.found if each and each.verdict in DECIDED]
        deviating = len(decided) > 1 and all(each.verdict == "deviates" for each in decided)
        return deviating and len({signature(each) for each in decided}) > 1

    @cached_property
    def kind(self) -> str:
        """One of KINDS."""
        decided = [verdict for verdict in self.verdicts if verdict in DECIDED]
        if len(set(decided)) > 1 or self.otherwise:
            return "differs"
        if len(decided) == len(self.verdicts):
            return "same"
        if not decided and ABSENT not in self.verdicts:
            return "undecided"
        return "one-sided" if all(each is None or each.counts for each in self.found) else "undecided"

    @cached_property
    def alone(self) -> int | None:
        """The side that stands alone against the others: of two the one that deviates; None where there is none."""
        deviating, conforming = (_sides_with(verdict, self.verdicts) for verdict in ("deviates", "conforms"))
        if len(deviating) == 1 and conforming:
            return deviating[0]
        return conforming[0] if len(conforming) == 1 and len(deviating) > 1 else None


def _sides_with(verdict: str, verdicts: Sequence[str]) -> list[int]:
    return [side for side, each in enumerate(verdicts) if each == verdict]


def signature(instance: Instance) -> tuple[tuple[str, str], ...]:
    """In which way an instance deviates, without the numbers, which are others in each run (ports, times, sizes).

    Of packets only what was expected: what else was captured depends on the moment.
    """
    failed = [check for check in instance.checks if not check.holds]
    if not failed:
        return (("", masked(first_line(instance.reason or ""))),)
    return tuple((masked(each.expected), "" if each.oracle == "wire" else masked(each.observed)) for each in failed)


def masked(text: str) -> str:
    """`text` with every number as 0."""
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "0", text)


@dataclass(frozen=True)
class Cell:
    """One claim on one side: its verdict there, and its instances by verdict."""

    verdict: str
    tally: Mapping[str, int]

    @property
    def share(self) -> str:
        """``2 of 4`` where only some of the instances have the verdict of the claim; empty otherwise."""
        whole = sum(self.tally.values())
        part = self.tally.get(self.verdict, 0)
        return f"{part} of {whole}" if 0 < part < whole else ""


@dataclass(frozen=True)
class ClaimRow:
    """One claim on every side."""

    claim: Claim
    rows: tuple[InstanceRow, ...]
    cells: tuple[Cell, ...]
    others: bool = False
    """Whether sides have the claim in other words."""

    @cached_property
    def kind(self) -> str:
        """The first of KINDS that an instance of it is; undecided where it did not run anywhere."""
        kinds = {row.kind for row in self.rows}
        return next((kind for kind in KINDS if kind in kinds), "undecided")

    @cached_property
    def alone(self) -> int | None:
        """The side that stands alone in every instance that differs; None where there is none."""
        sides = {row.alone for row in self.of("differs")}
        return sides.pop() if len(sides) == 1 else None

    def of(self, *kinds: str) -> list[InstanceRow]:
        """Its instances of these kinds."""
        return [row for row in self.rows if row.kind in kinds]


@dataclass(frozen=True)
class Comparison:
    """Sides and what comes of putting them beside each other."""

    sides: tuple[Side, ...]
    claims: tuple[ClaimRow, ...]

    @cached_property
    def rows(self) -> tuple[InstanceRow, ...]:
        """The instances of all claims."""
        return tuple(row for claim in self.claims for row in claim.rows)

    @cached_property
    def instances(self) -> Counter[str]:
        """How many instances are of each kind."""
        return Counter(row.kind for row in self.rows)

    def of(self, *kinds: str) -> list[ClaimRow]:
        """The claims of these kinds."""
        return [claim for claim in self.claims if claim.kind in kinds]

    def only(self, side: int) -> list[ClaimRow]:
        """The claims in which only this side differs from the others."""
        return [claim for claim in self.claims if claim.kind == "differs" and claim.alone == side]

    @property
    def same(self) -> bool:
        """Whether every instance has the same answer on every side; one that nobody decided changes nothing."""
        return bool(self.rows) and not self.instances["differs"] and not self.instances["one-sided"]

    @property
    def of_one_target(self) -> bool:
        """Whether these are two runs of one target."""
        return len(self.sides) == 2 and len({target_name(side.results.target) for side in self.sides}) == 1


def compare(sides: Sequence[Side]) -> Comparison:
    """The comparison of these sides."""
    found = [summary.instances_by_claim(side.results) for side in sides]
    known = _claims(sides)
    names = dict.fromkeys(name for each in found for name in each)
    return Comparison(tuple(sides), tuple(_claim_row(name, found, known) for name in names))


def _claims(sides: Iterable[Side]) -> dict[str, list[Claim]]:
    known: dict[str, list[Claim]] = {}
    for side in sides:
        for claim in side.results.claims:
            known.setdefault(claim.id, []).append(claim)
    return known


def _claim_row(name: str, found: Sequence[Mapping[str, list[Instance]]], known: Mapping[str, list[Claim]]) -> ClaimRow:
    by_side = [each.get(name, []) for each in found]
    said = known.get(name) or [Claim(name or "none", "This claim is not in the catalogue.", "", "", (), "no topic")]
    others = len({claim.says for claim in said}) > 1
    return ClaimRow(said[0], tuple(_instance_rows(by_side)), tuple(map(_cell, by_side)), others)


def _cell(instances: Sequence[Instance]) -> Cell:
    return Cell(summary.combined(instances), Counter(instance.verdict for instance in instances))


def _instance_rows(by_side: Sequence[Sequence[Instance]]) -> Iterator[InstanceRow]:
    named = [{instance.id: instance for instance in instances} for instances in by_side]
    for name in dict.fromkeys(name for each in named for name in each):
        yield InstanceRow(name, tuple(each.get(name) for each in named))
