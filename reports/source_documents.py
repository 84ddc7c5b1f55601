"""The source documents as records: their sections, and what they state, with the claims that decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNCHECKED = "not-checkable"
"""Status of what no run can decide: advice, opinions, boasts without a figure."""


@dataclass(frozen=True)
class Section:
    """A section: how places name it, and its title in our own words."""

    place: str
    title: str


@dataclass(frozen=True)
class Document:
    """One source document; ``number`` is the first three digits of its file's name."""

    number: str
    title: str
    sections: tuple[Section, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """Its sections as claims and statements name them: ``000 §12``."""
        return tuple(f"{self.number} {section.place}" for section in self.sections)


@dataclass(frozen=True)
class Statement:
    """One sentence that source documents say, in our own words, and what decides it."""

    id: str
    says: str
    documents: tuple[str, ...]
    """The places that say it."""
    status: str
    """Whether it is true of the reference kernel: upheld, nuanced, refuted, or not-checkable."""
    claims: tuple[str, ...] = ()
    """The claims that decide it, most telling first."""
    reason: str | None = None
    """Why no run can decide it, where it is not-checkable."""


def document_from(data: Mapping[str, Any]) -> Document:
    """A Document from its plain form."""
    sections = tuple(Section(entry["place"], entry["title"]) for entry in data["sections"])
    return Document(data["number"], data["title"], sections)


def statement_from(data: Mapping[str, Any]) -> Statement:
    """A Statement from its plain form."""
    places, claims = tuple(data["documents"]), tuple(data.get("claims", ()))
    return Statement(data["id"], data["says"], places, data["status"], claims, data.get("reason"))
