"""The source documents as records: their sections, and what they state, with the claims that decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNCHECKED = "not-checkable"
"""Status of what no run can decide: advice, opinions, boasts without a figure."""


@dataclass(frozen=True)
class Section:
    """A section: how places name it, its title in our own words, and the line on which it begins, 0 if unknown."""

    place: str
    title: str
    line: int = 0


@dataclass(frozen=True)
class Sentence:
    """What stands on a line of a document or a few, in our own words, and the statements to which it belongs."""

    lines: str
    """Of the document, from 1: ``18`` or ``28-31``."""
    says: str
    statements: tuple[str, ...]
    program: str | None = None
    """The program of the document that the sentence is about, if it is about one: ``000 echo server``."""

    @property
    def first(self) -> int:
        """The line on which it begins."""
        return int(self.lines.partition("-")[0])

    @property
    def last(self) -> int:
        """The line on which it ends."""
        return int(self.lines.rpartition("-")[2])


@dataclass(frozen=True)
class Document:
    """One source document; ``number`` is the first three digits of its file's name."""

    number: str
    title: str
    sections: tuple[Section, ...]
    about: str = ""
    """What kind of text it is, for whom, and what it covers."""
    lines: str = "0"
    """How many lines it has; 0 if that is not known."""
    sentences: tuple[Sentence, ...] = ()
    """What it says, line by line."""

    @property
    def places(self) -> tuple[str, ...]:
        """Its sections as claims and statements name them: ``000 §12``."""
        return tuple(f"{self.number} {section.place}" for section in self.sections)

    def section_at(self, line: int) -> Section | None:
        """The section in which a line stands; None before the first, or where sections have no lines."""
        begun = [section for section in self.sections if 0 < section.line <= line]
        return max(begun, key=lambda section: section.line, default=None)

    def place_of(self, sentence: Sentence) -> str | None:
        """The place at which a sentence begins."""
        section = self.section_at(sentence.first)
        return f"{self.number} {section.place}" if section else None

    def at(self, first: int, last: int) -> tuple[Sentence, ...]:
        """The sentences that have any of these lines."""
        return tuple(each for each in self.sentences if each.first <= last and first <= each.last)


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
    really: str | None = None
    """What happens instead, where its claims do not say so themselves."""
    implied: str | None = None
    """What of the document it follows from, where no sentence says it."""


def document_from(data: Mapping[str, Any]) -> Document:
    """A Document from its plain form."""
    sections = tuple(Section(entry["place"], entry["title"], entry.get("line", 0)) for entry in data["sections"])
    sentences = tuple(sentence_from(entry) for entry in data.get("sentences", ()))
    about, lines = data.get("about", ""), data.get("lines", "0")
    return Document(data["number"], data["title"], sections, about, lines, sentences)


def sentence_from(data: Mapping[str, Any]) -> Sentence:
    """A Sentence from its plain form."""
    return Sentence(data["lines"], data["says"], tuple(data["statements"]), data.get("program"))


def statement_from(data: Mapping[str, Any]) -> Statement:
    """A Statement from its plain form."""
    values = {name: data.get(name) for name in ("reason", "really", "implied")}
    places, claims = tuple(data["documents"]), tuple(data.get("claims", ()))
    return Statement(data["id"], data["says"], places, data["status"], claims, **values)
