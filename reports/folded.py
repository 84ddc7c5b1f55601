"""What lies in report.html as data and is drawn by its script when it is asked for."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reports import naming, summary
from reports.documents import DocumentView
from reports.evidence import Evidence
from reports.grouping import Group, decisive
from reports.record import DECIDED, Claim
from reports.standards import StandardView
from reports.texts import first_line
from reports.views import ClaimView, GroupView, TopicView

VERBS = {"conforms": ("conforms", "conform"), "deviates": ("deviates", "deviate")}
"""A verdict of one instance as a verb, and of several; the others are said with is and are."""


IN_SIGHT = 60
"""Failed instances whose evidence stands in the page as it comes, by claim; that of others is drawn like the rest."""


def in_sight(groups: Iterable[Group]) -> frozenset[str]:
    """The claims whose evidence is not folded away: those that failed, from the first group on, while they are few."""
    found, room = set(), IN_SIGHT
    for member in (member for group in groups for member in group.members):
        room -= len(member.instances)
        if room < 0:
            break
        found.add(member.claim.id)
    return frozenset(found)


def amounts(view: ClaimView) -> str:
    """What the instances of a folded claim amount to, and why, in words that are there without a script."""
    alike: Counter[tuple[str, str, str]] = Counter()
    for each in (each.instance for each in view.instances):
        foreseen = summary.is_foreseen(each)
        why = each.known if foreseen else each.reason if each.verdict not in DECIDED else ""
        aside = " as recorded" if foreseen else "" if each.counts else ", which does not count"
        alike[each.verdict, aside, first_line(why or "")] += 1
    many = summary.several(len(view.instances), "instance")
    first, *rest = (_amount(number, *kind) for kind, number in alike.items())
    return " ".join((f"{many}: {first}", *rest)) if rest else f"{many} {first.partition(' ')[2]}"


def _amount(number: int, verdict: str, aside: str, why: str) -> str:
    one, more = VERBS.get(verdict, (f"is {verdict}", f"are {verdict}"))
    return f"{number} {one if number == 1 else more}{aside}{f': {why}'.rstrip('.') if why else ''}."


class Packs:
    """Draws what is folded away, a piece for each section: tables by the macros of parts.html, `parts`."""

    def __init__(self, parts: Any, evidence: Evidence) -> None:
        self._parts, self._evidence = parts, evidence

    def topic(self, topic: TopicView) -> Any:
        """The evidence of its folded claims."""
        return packed({view.anchor: self._claim(view) for view in topic.claims if view.folded})

    def _claim(self, view: ClaimView) -> str:
        return f"{self._parts.own_link(view)}{self._evidence.scenarios(view)}"

    def cards(self, cards: Iterable[GroupView]) -> Any:
        """The evidence of the cards behind the first."""
        return packed({f"{card.anchor}-seen": self._card(card) for card in cards if card.folded})

    def _card(self, card: GroupView) -> str:
        instance = card.shown.instance
        return str(self._evidence.seen(instance, decisive(instance) is not None))

    def documents(self, views: Iterable[DocumentView]) -> Any:
        """What the documents say."""
        return packed({view.anchor: self._drawn("document_table", view) for view in views})

    def standards(self, views: Iterable[StandardView]) -> Any:
        """What the standards demand."""
        return packed({view.anchor: self._drawn("standard_table", view) for view in views})

    def about(self, topics: Iterable[TopicView], standards: Iterable[StandardView]) -> Any:
        """What the filters ask of each claim."""
        items = demanded(standards)
        return packed({view.anchor: about(view, items) for topic in topics for view in topic.claims})

    def _drawn(self, macro: str, view: object) -> str:
        draw: Callable[[object], str] = getattr(self._parts, macro)
        return lean(draw(view))


def packed(data: Mapping[str, Any]) -> Any:
    """Data by the anchors of what it belongs to: JSON, compressed, in letters that HTML has."""
    from markupsafe import Markup

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Markup(b64encode(gzip.compress(text, 6, mtime=0)).decode())


def lean(drawn: str) -> str:
    """Markup without the lines and indentation that only its template needs; what is preformatted stays as it is."""
    return drawn if "<pre" in drawn else re.sub(r">\s*\n\s*<", "><", drawn)


def demanded(standards: Iterable[StandardView]) -> dict[str, list[str]]:
    """What standards demand, in their words, by the claims that decide it."""
    found: dict[str, list[str]] = {}
    for view in standards:
        for row in view.rows:
            demand = row.requirement
            for claim in demand.claims:
                found.setdefault(claim, []).extend((view.standard.name, demand.id, demand.says))
    return found


def about(view: ClaimView, items: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """A claim's level, the families it ran in, the documents it is from, and every word that finds it besides."""
    ran = [each.instance for each in view.instances]
    families = (each.parameters.get("family", "") for each in ran)
    tests = (word for each in ran for word in (each.scenario, naming.parameters(each)))
    return {
        "level": [view.claim.level] if view.claim.level else [],
        "family": sorted({family for family in families if family and not family.isdecimal()}),
        "source": list(dict.fromkeys(source.document for source in view.claim.sources)),
        "words": " ".join(dict.fromkeys((*places(view.claim), *tests, *items.get(view.claim.id, ())))),
    }


def places(claim: Claim) -> Iterable[str]:
    """The sections that a claim is from, and what source documents state it."""
    return (*(source.section for source in claim.sources), *claim.documents)
