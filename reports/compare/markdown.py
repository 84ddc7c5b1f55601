"""compare.md: the comparison for reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import summary
from reports.compare import words
from reports.compare.changes import changes
from reports.compare.environment import facts
from reports.compare.matrix import ClaimRow, Comparison, InstanceRow
from reports.compare.sides import cut_short
from reports.markdown import LIMIT, capped, code, inline, linked, reason, table
from reports.record import Claim
from reports.texts import moment


def page(comparison: Comparison, *, limit: int = LIMIT) -> str:
    """compare.md as text, at most `limit` bytes of UTF-8, cut at the end of a line."""
    return capped("\n".join(_lines(comparison)) + "\n", limit, "compare.html")


def _lines(comparison: Comparison) -> Iterator[str]:
    yield from (f"# {inline(words.headline(comparison))}", "")
    yield from _sides(comparison)
    yield from (f"**Not whole.** {inline(sentence)}\n" for sentence in cut_short(comparison.sides))
    counts = (
        (inline(name), str(claims), str(rows), meaning) for name, claims, rows, meaning in words.numbers(comparison)
    )
    yield from table(("", "claims", "instances", ""), counts)
    yield from _changes(comparison)
    yield from _reasons(comparison)
    yield from _differing(comparison)
    yield from _undecided(comparison)
    yield from _environment(comparison)


def _sides(comparison: Comparison) -> Iterator[str]:
    rows = (
        (
            inline(side.name),
            inline(words.kernel(side)),
            moment(side.results.run.started),
            ", ".join(f"{number} {verdict}" for verdict, number in summary.counts(side.results).items() if number),
        )
        for side in comparison.sides
    )
    yield from table(("side", "kernel", "started", "instances"), rows)


def _changes(comparison: Comparison) -> Iterator[str]:
    if not (comparison.of_one_target and (found := changes(comparison))):
        return
    first, second = comparison.sides
    yield from (f"## From {inline(first.name)} to {inline(second.name)}", "")
    for name, rows in found.items():
        yield from (f"- {name}: {summary.several(len(rows), 'instance')}", *_named(rows), "")


def _named(rows: list[InstanceRow]) -> Iterator[str]:
    yield from (f"  - {code(row.id)}" for row in rows)


def _reasons(comparison: Comparison) -> Iterator[str]:
    """Why each side deviates, as recorded, beside a sentence that it departs from."""
    for side, found in words.reasons(comparison):
        yield from (f"## Why {inline(side.name)} deviates", "")
        rows = ((reason(each), _departs_from(each.claims), str(len(each.claims))) for each in found)
        yield from table(("there", "as documented", "claims"), rows)


def _departs_from(claims: Sequence[Claim]) -> str:
    return "".join(f"{inline(claim.says)} ({'; '.join(map(linked, claim.sources[:1]))})" for claim in claims[:1])


def _differing(comparison: Comparison) -> Iterator[str]:
    """Each differing claim with what was seen of its first differing instance, side by side."""
    if not (found := comparison.of("differs")):
        return
    yield from ("## What differs", "")
    heads = ("claim", "instances", *(inline(side.name) for side in comparison.sides))
    yield from table(heads, (_differing_row(claim, len(comparison.sides)) for claim in found))


def _differing_row(claim: ClaimRow, sides: int) -> Iterator[str]:
    differing = claim.of("differs")
    yield "<br>".join((code(claim.claim.id), inline(claim.claim.says), "; ".join(map(linked, claim.claim.sources))))
    yield f"{len(differing)} of {len(claim.rows)}"
    yield from (inline(words.observed(differing[0], side)) for side in range(sides))


def _undecided(comparison: Comparison) -> Iterator[str]:
    if found := words.undecided(comparison):
        yield from ("## Decided on some sides only", "")
        rows = ((str(number), inline(side), verdict, inline(why)) for side, verdict, why, number in found)
        yield from table(("instances", "not decided on", "verdict", "reason"), rows)


def _environment(comparison: Comparison) -> Iterator[str]:
    if found := [fact for fact in facts(comparison.sides) if fact.differs]:
        yield from ("## What else is not the same", "")
        heads = ("", *(inline(side.name) for side in comparison.sides))
        yield from table(heads, ((inline(fact.name), *map(inline, fact.values)) for fact in found))
