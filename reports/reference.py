"""The reference of claims and standards as Markdown, for the site: what the suite knows without any run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.markdown import code, inline, linked, table
from reports.record import Area, Claim
from reports.requirements import Requirement, Standard

CLAIMS, STANDARDS = "reference/claims", "reference/standards"
"""The folders of the pages."""


@dataclass(frozen=True)
class Reference:
    """What the pages are made of."""

    claims: tuple[Claim, ...]
    areas: tuple[Area, ...]
    standards: tuple[Standard, ...]
    scenarios: Mapping[str, Sequence[str]]
    """The names of the scenarios that check each claim."""

    @property
    def pages(self) -> dict[str, str]:
        """Every page by its path."""
        found = {f"{CLAIMS}/{area.name}.md": "\n".join(self._area(area)) for area in self.areas}
        found |= {f"{STANDARDS}/{slug(each.name)}.md": "\n".join(self._standard(each)) for each in self.standards}
        return {
            f"{CLAIMS}/index.md": "\n".join(self._areas()),
            f"{STANDARDS}/index.md": "\n".join(self._index()),
            **found,
        }

    def _of(self, area: Area) -> dict[str, list[Claim]]:
        """The claims of an area by topic."""
        found: dict[str, list[Claim]] = {}
        for claim in self.claims:
            if claim.area == area.name:
                found.setdefault(claim.topic, []).append(claim)
        return found

    def _areas(self) -> Iterator[str]:
        yield from ("# Claims", "", f"{len(self.claims)} sentences that this suite checks, each with its source.", "")
        rows = (
            (f"[{area.name}]({area.name}.md)", str(sum(map(len, self._of(area).values()))), inline(area.says))
            for area in self.areas
        )
        yield from table(("area", "claims", "what lives there"), rows)

    def _area(self, area: Area) -> Iterator[str]:
        yield from (f"# {area.name.capitalize()}", "", inline(area.says), "")
        for topic, claims in self._of(area).items():
            yield from (f"## {inline(topic)}", "")
            for claim in claims:
                yield from self._claim(claim)

    def _claim(self, claim: Claim) -> Iterator[str]:
        yield from (f'### {code(claim.id)} {{ id="{claim.id}" }}', "", inline(claim.says), "")
        facts = {
            "level": f"{claim.level}, by {claim.authority}",
            "source": "; ".join(map(linked, claim.sources)),
            "since Linux": inline(claim.since or ""),
            "until Linux": inline(claim.until or ""),
            "really": inline(claim.really or ""),
            "note": inline(claim.note or ""),
            "checked by": ", ".join(map(code, self.scenarios.get(claim.id, ()))),
        }
        yield from (f"- {name}: {value}" for name, value in facts.items() if value)
        yield ""

    def _index(self) -> Iterator[str]:
        yield from (
            "# Standards and manual pages",
            "",
            "What each demands, item by item, and which claims decide it.",
            "",
        )
        rows = (
            (f"[{inline(each.name)}]({slug(each.name)}.md)", inline(each.title), str(len(each.requirements)))
            for each in self.standards
        )
        yield from table(("name", "title", "items"), rows)

    def _standard(self, standard: Standard) -> Iterator[str]:
        yield from (f"# {inline(standard.name)}: {inline(standard.title)}", "", f"<{standard.link}>", "")
        known = {claim.id: claim.area for claim in self.claims}
        rows = (
            (code(each.id), inline(each.section), told(each), decided(each, known)) for each in standard.requirements
        )
        yield from table(("item", "section", "demand", "decided by"), rows)


def slug(name: str) -> str:
    """A name as the name of a file: ``rfc-9293``, ``tcp-7``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def told(demand: Requirement) -> str:
    """What an item demands, and where Linux differs or no claim decides."""
    extra = (("Linux", demand.differs), ("Open", demand.lacks), ("Not observable", demand.unobservable))
    return " ".join((inline(demand.says), *(f"*{name}: {inline(text)}*" for name, text in extra if text)))


def decided(demand: Requirement, areas: Mapping[str, str]) -> str:
    """The claims that decide an item, as links."""
    return ", ".join(f"[{code(name)}](../claims/{areas[name]}.md#{name})" for name in known(demand.claims, areas))


def known(names: Iterable[str], areas: Mapping[str, str]) -> list[str]:
    """Those of some claims that have a page."""
    return [name for name in names if areas.get(name)]
