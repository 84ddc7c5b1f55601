"""compare.html: the matrix as one page that opens from the disk, without a network, files beside it or JavaScript.

Its filters are radio buttons that style sheets ask for, and every row says in its classes by which of them it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports import html, summary
from reports.compare import words
from reports.compare.changes import changes
from reports.compare.environment import facts
from reports.compare.matrix import KINDS, ClaimRow, Comparison, InstanceRow
from reports.compare.parting import parting
from reports.compare.sides import cut_short
from reports.texts import Anchors

BUFFERED = 10
"""Pieces of the page that are joined before they are written; a claim with all of its ladders is one of them."""


@dataclass(frozen=True)
class Filter:
    """One way to narrow the matrix down: a word for its classes, its name, and how many claims it shows."""

    word: str
    name: str
    number: int
    meaning: str = ""


@dataclass(frozen=True)
class RowView:
    """A claim in the page."""

    anchor: str
    row: ClaimRow

    @cached_property
    def classes(self) -> frozenset[str]:
        """The words of the filters that show it."""
        kind = self.row.kind
        found = {"undecided" if kind == "one-sided" else kind}
        if kind == "differs" and self.row.alone is not None:
            found.add(f"only-{self.row.alone}")
        return frozenset(found)

    @property
    def telling(self) -> list[InstanceRow]:
        """The instances that are not the same, those that differ first."""
        return sorted((row for row in self.row.rows if row.kind != "same"), key=lambda row: KINDS.index(row.kind))


@dataclass(frozen=True)
class TopicView:
    """A topic in the page."""

    anchor: str
    name: str
    area: str
    claims: tuple[RowView, ...]

    @cached_property
    def classes(self) -> frozenset[str]:
        """The words of the filters that show any claim of it."""
        return frozenset().union(*(claim.classes for claim in self.claims))

    @property
    def differing(self) -> int:
        """How many of its claims differ."""
        return sum("differs" in claim.classes for claim in self.claims)


def pieces(comparison: Comparison) -> Iterator[str]:
    """compare.html piece by piece, so that the page is never held whole."""
    stream = html.environment().get_template("compare.html").stream(
        comparison=comparison,
        headline=words.headline(comparison),
        sides=comparison.sides,
        kernels=[words.kernel(side) for side in comparison.sides],
        counts=[summary.counts(side.results) for side in comparison.sides],
        warnings=cut_short(comparison.sides),
        filters=filters(comparison),
        chosen=chosen(comparison),
        topics=topics(comparison.claims),
        changes=changes(comparison) if comparison.of_one_target else {},
        undecided=words.undecided(comparison),
        facts=facts(comparison.sides),
        observed=words.observed,
        parting=lambda row: parting([each.trace for each in row.found if each]),
        compare_style=html.style_of("compare.css"),
    )  # fmt: skip
    stream.enable_buffering(BUFFERED)
    return stream


def filters(comparison: Comparison) -> list[Filter]:
    """The filters of the page, in their order; those of sides that nobody stands alone on are there too, with 0."""
    told = list(words.numbers(comparison))
    only = [f"only-{side}" for side in range(len(comparison.sides))]
    named = ["differs", *only, "undecided", "same"]
    return [
        *(Filter(word, name, claims, meaning) for word, (name, claims, _, meaning) in zip(named, told, strict=True)),
        Filter("all", "all", len(comparison.claims)),
    ]


def chosen(comparison: Comparison) -> str:
    """The filter that a page opens with: what differs, else what could not be compared, else everything."""
    if comparison.of("differs"):
        return "differs"
    return "undecided" if comparison.of("one-sided") else "all"


def topics(claims: Iterable[ClaimRow]) -> Sequence[TopicView]:
    """The claims by topic, in their order."""
    anchors = Anchors()
    found: dict[tuple[str, str], list[RowView]] = {}
    for row in claims:
        view = RowView(anchors.name(f"claim-{row.claim.id}"), row)
        found.setdefault((row.claim.area, row.claim.topic), []).append(view)
    return [
        TopicView(anchors.name(f"topic-{topic}"), topic, area, tuple(views)) for (area, topic), views in found.items()
    ]
