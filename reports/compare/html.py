"""compare.html: the matrix as one page that opens from the disk, without a network or files beside it.

Its filters are radio buttons that style sheets ask for, and every row says in its classes by which of them it is shown.
What the sides saw is there without a script as well, unless so much differs that no browser would like it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from reports import html, summary
from reports.compare import words
from reports.compare.changes import changes
from reports.compare.environment import facts
from reports.compare.matrix import KINDS, ClaimRow, Comparison, InstanceRow
from reports.compare.parting import parting
from reports.compare.sides import cut_short
from reports.differences import SHOWN
from reports.evidence import Evidence
from reports.folded import lean, packed
from reports.texts import Anchors

IN_SIGHT = 60
"""Instances that differ, up to which the page has all evidence as it comes; of more it is data, drawn when opened."""
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
    many = comparison.instances["differs"] > IN_SIGHT
    shared = {
        "sides": comparison.sides,
        "observed": words.observed,
        "parting": lambda row: parting([each.trace for each in row.found if each]),
    }
    stream = html.environment().get_template("compare.html").stream(
        **shared,
        **html.script_of("ladder.js", "folded.js", "compare.js"),
        evidence=Evidence(),
        packs=packs(shared) if many else None,
        amounts=partial(amounts, comparison),
        comparison=comparison,
        headline=words.headline(comparison),
        kernels=[words.kernel(side) for side in comparison.sides],
        counts=[summary.counts(side.results) for side in comparison.sides],
        warnings=cut_short(comparison.sides),
        filters=filters(comparison),
        chosen=chosen(comparison),
        topics=topics(comparison.claims),
        changes=changes(comparison) if comparison.of_one_target else {},
        undecided=words.undecided(comparison),
        facts=facts(comparison.sides),
        reasons=words.reasons(comparison),
        reasons_shown=SHOWN,
        compare_style=html.style_of("compare.css"),
    )  # fmt: skip
    stream.enable_buffering(BUFFERED)
    return stream


def packs(shared: Mapping[str, Any]) -> Callable[[TopicView], Any]:
    """What draws the evidence of a topic as data, by the anchors of its claims."""
    parts: Any = html.environment().get_template("compare-parts.html").make_module(
        {**shared, "evidence": Evidence(packed=True)}
    )  # fmt: skip
    return lambda topic: packed({view.anchor: lean(parts.tellings(view)) for view in topic.claims if view.telling})


def amounts(comparison: Comparison, view: RowView) -> str:
    """What the sides saw of the first instance that is not the same, and how many there are, in words."""
    first, many = view.telling[0], summary.several(len(view.telling), "instance")
    seen = (f"{side.name} {words.observed(first, at)}" for at, side in enumerate(comparison.sides))
    return f"{many} {'is' if len(view.telling) == 1 else 'are'} not the same. {first.name}: {'; '.join(seen)}"


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
