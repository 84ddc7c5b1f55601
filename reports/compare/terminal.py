"""A comparison on the terminal: what differs first, then why the rest could not be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from reports import summary
from reports.compare import words
from reports.compare.changes import changes
from reports.compare.environment import Fact, facts
from reports.compare.matrix import ClaimRow, Comparison
from reports.compare.sides import cut_short
from reports.differences import SHOWN
from reports.texts import clean, shortened

WIDTH = 110
"""Columns; what is longer is cut, since compare.html has the whole."""

FACTS = 6
"""So many facts of the environment that differ are told; another kernel has dozens."""

TOLD = ("kernel", "version", "release")
"""Facts that stand below the name of each side."""


def lines(comparison: Comparison, claims: Sequence[ClaimRow]) -> Iterator[str]:
    """The comparison, and of its claims these."""
    yield words.headline(comparison) + "."
    yield ""
    for side in comparison.sides:
        verdicts = ", ".join(
            f"{number} {verdict}" for verdict, number in summary.counts(side.results).items() if number
        )
        yield _cut(f"  {side.name}: {verdicts or 'nothing ran'}")
        yield _cut(f"    {words.kernel(side)}")
    yield from (f"  {sentence}" for sentence in cut_short(comparison.sides))
    yield ""
    for name, number, instances, meaning in words.numbers(comparison):
        counted = f"{summary.several(number, 'claim')}, {summary.several(instances, 'instance')}"
        yield _cut(f"  {name}: {counted}{f' ({meaning})' if number else ''}")
    yield from _changes(comparison)
    yield from _reasons(comparison)
    yield from _environment(facts(comparison.sides), comparison)
    for claim in claims:
        yield from _claim(claim, comparison)


def _changes(comparison: Comparison) -> Iterator[str]:
    if comparison.of_one_target and (found := changes(comparison)):
        first, second = comparison.sides
        yield ""
        yield f"from {first.name} to {second.name}:"
        for name, rows in found.items():
            yield f"  {name}: {summary.several(len(rows), 'instance')}"


def _reasons(comparison: Comparison) -> Iterator[str]:
    for side, found in words.reasons(comparison):
        yield ""
        yield f"why {side.name} deviates, as recorded:"
        for each in found[:SHOWN]:
            yield _cut(f"  {summary.several(len(each.claims), 'claim'):>10}  {each.reason}")
        if len(found) > SHOWN:
            yield f"  and {summary.several(len(found) - SHOWN, 'reason')} more, each with its place, in compare.md"


def _environment(found: Sequence[Fact], comparison: Comparison) -> Iterator[str]:
    differing = [fact for fact in found if fact.telling and fact.name not in TOLD]
    if differing:
        yield ""
        yield "not the same in the environment:"
    for fact in differing[:FACTS]:
        for place, (side, value) in enumerate(zip(comparison.sides, fact.values, strict=True)):
            yield _cut(f"  {fact.name if not place else '':14} {side.name}: {value}")
    if len(differing) > FACTS:
        yield f"  and {summary.several(len(differing) - FACTS, 'fact')} more, in compare.html"


def _claim(claim: ClaimRow, comparison: Comparison) -> Iterator[str]:
    yield ""
    yield claim.claim.id
    yield from wrap(clean(claim.claim.says), WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield _cut(f"  source: {'; '.join(f'{each.document} {each.section}' for each in claim.claim.sources)}")
    shown = claim.of("differs") or claim.of("one-sided", "undecided") or claim.rows
    for side, cell in zip(comparison.sides, claim.cells, strict=True):
        yield f"  {side.name}: {cell.verdict}{f', {cell.share}' if cell.share else ''}"
    if shown and claim.kind != "same":
        yield f"    {shown[0].id.rpartition('::')[2]}"
        for place, side in enumerate(comparison.sides):
            yield _cut(f"      {side.name}: {words.observed(shown[0], place)}")


def _cut(line: str) -> str:
    return shortened(clean(line), WIDTH)
