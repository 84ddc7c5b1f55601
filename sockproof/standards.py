"""``sockproof standards``: what standards demand, item by item, who decides it, and what the last run found."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sockproof import suite
from sockproof.documents import origin, stated
from sockproof.errors import UsageError
from sockproof.listing import indented

if TYPE_CHECKING:
    from reports.record import Claim, Results
    from reports.standards import RequirementView, StandardView, Tally

VERSION = 1
"""Of the JSON; a change that could break a reader raises it."""


def tell(asked: Namespace) -> int:
    """Print the standards or requirements that were asked for; the exit status. Raises UsageError."""
    suite.reach()
    from reports.standards import standards, tallies

    results = completed(stated(asked.results))
    chosen = select(standards(results), asked.item)
    if asked.open:
        chosen = [view for view in map(undecided, chosen) if view.rows]
    if asked.json:
        print(json.dumps(as_data(chosen, results), indent=1, ensure_ascii=False))
        return 0
    for view in chosen:
        print("\n".join(whole(view)), end="\n\n")
    if len(chosen) > 1:
        print("\n".join(counted(tallies(chosen))), end="\n\n")
    print(f"{origin(results)[:1].upper()}{origin(results)[1:]}.")
    if asked.item and (claims := deciding(chosen)):
        print(f"What decides this:\nsockproof run {' '.join(claims)}")
    return 0


def deciding(views: Iterable[StandardView]) -> list[str]:
    """The claims by which a run decides what is open of a few items; none where there is nothing, or too much."""
    from reports.summary import NOT_RUN

    rows = [row for view in views for row in view.rows if row.verdict == NOT_RUN]
    claims = list(dict.fromkeys(name for row in rows for name in row.requirement.claims))
    return claims if len(rows) <= FEW else []


def completed(results: Results) -> Results:
    """With what the catalogue knows of standards, where the results know less, and with its claims."""
    found = suite.catalogue()
    return replace(results, standards=found.standards, claims=tuple(found.claims.values()))


def select(views: Sequence[StandardView], asked: Sequence[str]) -> list[StandardView]:
    """The standards of these names, or with these requirements only. Raises UsageError for what names nothing."""
    chosen = [found for word in asked for found in named(views, word)]
    return list(merged(chosen)) if asked else list(views)


def named(views: Sequence[StandardView], word: str) -> list[StandardView]:
    """What one word names: a standard, requirements by id or section; else those that have the words in them."""
    if whole_ones := [view for view in views if plain_name(view.standard.name) == plain_name(word)]:
        return whole_ones
    parts = [replace(view, rows=tuple(row for row in view.rows if is_called(view, row, word))) for view in views]
    if found := [view for view in parts if view.rows]:
        return found
    for also in (False, True):
        if found := [view for view in (speaking(view, word.lower().split(), also) for view in views) if view.rows]:
            return found
    near = get_close_matches(word.upper(), {name.upper() for view in views for row in view.rows for name in
                                            (view.standard.name, *row.requirement.names)}, 3)  # fmt: skip
    nearest = f" (near it: {', '.join(near)})" if near else ""
    claims = saying(views, word.lower().split())
    told = f"; claims that have them: {', '.join(claims[:MOST_CLAIMS])} (sockproof show ID)" if claims else ""
    if not claims and (most := all_but_one(views, word.lower().split())):
        told = f"; all but one of them have {', '.join(most[:MOST_CLAIMS])}"
    raise UsageError(
        f'nothing is called "{word}", and no item has these words{nearest}{told}; sockproof standards shows all.'
    )


MOST_CLAIMS = 4
"""Claims or items that are named where no item has the words."""
FEW = 12
"""So many items may have been asked for that the command is told which decides them."""


def all_but_one(views: Sequence[StandardView], words: Sequence[str]) -> list[str]:
    """The items that have all of the words but one, by standard and id."""
    found: dict[str, None] = {}
    for left in range(len(words)):
        rest = [*words[:left], *words[left + 1 :]]
        spoken = (speaking(view, rest, also=True) for view in views)
        found.update({f"{view.standard.name}/{row.requirement.id}": None for view in spoken for row in view.rows})
    named = [name for name in found if any(word == plain_name(name.rpartition("/")[0]) for word in words)]
    return named or list(found)


def saying(views: Sequence[StandardView], words: Sequence[str]) -> list[str]:
    """The claims that have each of the words in their ids, sentences and notes; where one of the words is a document,
    only those that are from it or called by its subject."""
    documents = {plain_name(view.standard.name) for view in views} & {*words}
    rest = [root(word) for word in words if word not in documents]
    found = suite.catalogue().claims.values()
    fitting = [each for each in found if all(word in f"{each.id} {each.says} {each.note}".lower() for word in rest)]
    return [each.id for each in fitting if rest and (not documents or is_from(each, documents))]


def is_from(claim: Claim, documents: AbstractSet[str]) -> bool:
    """Whether a claim is from one of the documents, or has its subject in its id: ``udp(7)`` in ``udp.connect``."""
    subjects = {name.partition("(")[0] for name in documents}
    named = {plain_name(one.document) for one in claim.sources}
    return bool(named & documents) or claim.id.partition(".")[0] in subjects


def speaking(view: StandardView, words: Sequence[str], also: bool = False) -> StandardView:
    """Only the requirements that have each of the words; the standard's own name counts, and so do, where `also`, the
    sentences of the claims that decide them."""
    own = view.standard.name.lower().replace(" ", "")
    rest = [root(word) for word in words if word not in own]

    def has_all(row: RequirementView) -> bool:
        demand = row.requirement
        text = " ".join((demand.id, demand.section, demand.says, demand.differs or "", *demand.claims))
        text = " ".join((text, *(claim.says for claim in row.claims if also))).lower()
        return all(word in text for word in rest)

    return replace(view, rows=tuple(row for row in view.rows if rest and has_all(row)))


def root(word: str) -> str:
    """A word without its ending, so that ``truncated`` is found as ``truncates``; what is no plain word stays."""
    short = re.sub(r"(?:ying|ied|ies|ing|ed|es|(?<!s)s|y|e)$", "", word)
    return short if word.isalpha() and len(short) >= 4 else word


def merged(views: Iterable[StandardView]) -> Iterator[StandardView]:
    """Each standard once, with every row that was asked for, in the order of the standard."""
    rows: dict[str, list[RequirementView]] = {}
    first: dict[str, StandardView] = {}
    for view in views:
        first.setdefault(view.standard.name, view)
        rows.setdefault(view.standard.name, []).extend(view.rows)
    for name, view in first.items():
        wanted = {row.requirement.id for row in rows[name]}
        every = {row.requirement.id: row for row in rows[name]}
        order = [each.id for each in view.standard.requirements if each.id in wanted]
        yield replace(view, rows=tuple(every[each] for each in order))


def plain_name(name: str) -> str:
    """A name without spaces and capitals: ``rfc9293``, ``tcp(7)``."""
    return re.sub(r"\s", "", name).lower()


def is_called(view: StandardView, row: RequirementView, word: str) -> bool:
    """Whether a requirement has that id, one of its names, or that section, alone or behind its standard's name."""
    standard, _, item = word.rpartition("/")
    if standard and plain_name(standard) == plain_name(view.standard.name):
        word = item
    demand = row.requirement
    return word.lower() in (demand.section.lower(), *(name.lower() for name in demand.names))


def undecided(view: StandardView) -> StandardView:
    """Only the requirements that no claim decides yet."""
    from reports.standards import OPEN, PARTLY

    return replace(view, rows=tuple(row for row in view.rows if row.verdict in (OPEN, PARTLY)))


def whole(view: StandardView) -> Iterator[str]:
    """The lines of one standard."""
    yield f"{view.standard.name}  {view.standard.title}: {view.coverage}"
    yield view.standard.link
    for row in view.rows:
        yield ""
        yield from told(row)


def counted(tallies: Sequence[Tally]) -> Iterator[str]:
    """A table of how the items of each standard are answered."""
    yield f"{'':<16}{'items':>7}{'decided':>9}{'partly':>8}{'not observable':>16}{'open':>6}"
    for each in tallies:
        yield f"{each.name:<16}{each.items:>7}{each.decided:>9}{each.partly:>8}{each.unobservable:>16}{each.open:>6}"


def told(row: RequirementView) -> Iterator[str]:
    """The lines of one requirement."""
    demand = row.requirement
    place = ", ".join(filter(None, (demand.section, demand.level, demand.kind)))
    yield f"  {demand.id}  ({place})  {row.verdict}"
    yield from indented(demand.says, "    ")
    for label, text in (("because", demand.unobservable), ("on Linux", demand.differs), ("open", demand.lacks)):
        if text:
            yield from indented(text, "      ", label)
    if demand.claims:
        yield from indented(", ".join(demand.claims), "      ", "decided by")


def as_data(views: Sequence[StandardView], results: Results) -> dict[str, Any]:
    """The same as plain JSON."""
    from reports.record import plain
    from reports.standards import tallies

    return {
        "schema": "sockproof-standards",
        "version": VERSION,
        "run": results.run.id or None,
        "standards": [standard_data(view) for view in views],
        "counts": [plain(each) for each in tallies(views)],
    }


def standard_data(view: StandardView) -> dict[str, Any]:
    """One standard with its requirements and their verdicts."""
    from reports.record import plain

    rows = [{**plain(row.requirement), "verdict": row.verdict} for row in view.rows]
    told_of = {name: getattr(view.standard, name) for name in ("name", "title", "link")}
    return {**told_of, "coverage": view.coverage, "requirements": rows}
