"""A comparison in sentences, the same on the terminal and on every page."""

from __future__ import annotations

from collections.abc import Iterator

from reports import summary
from reports.compare.matrix import ABSENT, Comparison, InstanceRow
from reports.compare.names import whole_name
from reports.compare.sides import Side
from reports.differences import Difference, differences
from reports.record import DECIDED, Instance
from reports.summary import several


def kernel(side: Side) -> str:
    """What the side ran on, in full: its target with what makes it, and the kernel that it claims to be."""
    return f"{whole_name(side.results.target)}: {summary.kernel(side.results)}"


def headline(comparison: Comparison) -> str:
    """What came of it, in one phrase."""
    names = [side.name for side in comparison.sides]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    differing = len(comparison.of("differs"))
    if differing:
        return f"{several(differing, 'claim')} {'differs' if differing == 1 else 'differ'} between {listed}"
    if comparison.instances["one-sided"]:
        return f"Nothing differs between {listed} where all were decided"
    if not any(comparison.instances[kind] for kind in ("same", "differs")):
        return f"Nothing was decided on {listed}"
    return f"{listed} are the same"


def only(comparison: Comparison, side: int) -> str:
    """What the filter of one side is called: of two sides the one that deviates, of more the one that stands alone."""
    return f"only {comparison.sides[side].name} {'deviates' if len(comparison.sides) == 2 else 'differs'}"


def numbers(comparison: Comparison) -> Iterator[tuple[str, int, int, str]]:
    """For each filter its name, the claims and the instances, and what it means."""
    everyone = range(len(comparison.sides))
    yield "differs", *_sizes(comparison, "differs"), "decided on several sides, and not alike"
    for side in everyone:
        claims = comparison.only(side)
        rows = sum(row.alone == side for claim in claims for row in claim.of("differs"))
        yield only(comparison, side), len(claims), rows, "the others are alike"
    undecided = "decided on some sides only, or on none"
    yield "undecided", *_sizes(comparison, "one-sided", "undecided"), undecided
    yield "same", *_sizes(comparison, "same"), "decided on every side, and alike"


def _sizes(comparison: Comparison, *kinds: str) -> tuple[int, int]:
    return len(comparison.of(*kinds)), sum(comparison.instances[kind] for kind in kinds)


def observed(row: InstanceRow, side: int) -> str:
    """What was seen of an instance on one side, in one line."""
    instance = row.found[side]
    if instance is None:
        return "did not run here"
    if instance.verdict == "conforms":
        return "conforms"
    return f"{instance.verdict}: {_why(instance)}"


def _why(instance: Instance) -> str:
    return summary.in_a_line(instance.reason or summary.unexplained(instance))


def reasons(comparison: Comparison) -> list[tuple[Side, list[Difference]]]:
    """The sides of which it is known why they deviate, with the reasons, the one that reaches furthest first."""
    found = ((side, differences(side.results)) for side in comparison.sides)
    return [(side, known) for side, known in found if known]


def undecided(comparison: Comparison) -> list[tuple[str, str, str, int]]:
    """Why instances are decided on some sides only: side, verdict, reason, how many; the most frequent first."""
    found: dict[tuple[str, str, str], int] = {}
    for row in comparison.rows:
        if row.kind == "one-sided":
            for side, instance in zip(comparison.sides, row.found, strict=True):
                if instance is None or instance.verdict not in DECIDED:
                    verdict, why = (instance.verdict, _why(instance)) if instance else (ABSENT, "it did not run there")
                    key = (side.name, verdict, why)
                    found[key] = found.get(key, 0) + 1
    return sorted(((*key, number) for key, number in found.items()), key=lambda entry: -entry[3])
