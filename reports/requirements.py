"""Standards as records: what each demands, item by item, with the claims that decide it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Requirement:
    """One item of a standard or of a manual page, in our own words, and what decides it."""

    id: str
    """As the standard labels it, or what it is about: ``MUST-10``, ``TCP_CORK``."""
    section: str
    says: str
    level: str | None = None
    kind: str | None = None
    """Of an item of a manual page: option, flag, sysctl, ioctl, errno or behaviour."""
    claims: tuple[str, ...] = ()
    """The claims that decide it."""
    lacks: str | None = None
    """What of it no claim decides yet."""
    unobservable: str | None = None
    """Why no socket and no packet shows it."""
    differs: str | None = None
    """Where Linux is known to do something else than the letter says, what that is, and since when."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called: its id, and each name of one that lists several."""
        return (self.id, *(name for name in self.id.split(", ") if name != self.id))


@dataclass(frozen=True)
class Standard:
    """A document whose demands are answered one by one."""

    name: str
    """As claims cite it: ``RFC 9293``, ``tcp(7)``."""
    title: str
    link: str
    """Where it can be read."""
    requirements: tuple[Requirement, ...] = ()


def decided_by(standards: Iterable[Standard], claims: Container[str]) -> tuple[Standard, ...]:
    """The standards with those requirements only that some of `claims` decide; none without such."""
    kept = (
        replace(
            each, requirements=tuple(one for one in each.requirements if any(name in claims for name in one.claims))
        )
        for each in standards
    )
    return tuple(each for each in kept if each.requirements)


def standard_from(data: Mapping[str, Any]) -> Standard:
    """A Standard from its plain form."""
    requirements = tuple(requirement_from(entry) for entry in data["requirements"])
    return Standard(data["name"], data["title"], data["link"], requirements)


def requirement_from(data: Mapping[str, Any]) -> Requirement:
    """A Requirement from its plain form."""
    optional = {name: data.get(name) for name in ("level", "kind", "lacks", "unobservable", "differs")}
    return Requirement(data["id"], data["section"], data["says"], claims=tuple(data.get("claims", ())), **optional)
