"""Lines of the source documents, asked for as ``003:120`` or ``003:113-128``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sockproof.errors import UsageError
from sockproof.listing import indented

if TYPE_CHECKING:
    from reports.documents import DocumentView, SentenceView, StatementView
    from reports.source_documents import Sentence

    Keep = Callable[[Sentence | None], bool]
    """Whether a sentence was asked for; of None, whether whole documents were."""
    Tell = Callable[[StatementView], Iterator[str]]

ASKED = re.compile(r"(?P<number>\d{3})(:(?P<first>[1-9]\d{0,5})(-(?P<last>[1-9]\d{0,5}))?)?")


@dataclass(frozen=True)
class Wanted:
    """A document, or some lines of it; ``first`` is 0 for the whole."""

    number: str
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        lines = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.number}:{lines}" if self.first else self.number


def wanted(asked: Sequence[str], views: Sequence[DocumentView]) -> list[Wanted]:
    """What was asked for. Raises UsageError for what is no document, or no line of one."""
    known = {view.document.number: int(view.document.lines) for view in views}
    return [_one(text, known) for text in asked]


def _one(text: str, known: dict[str, int]) -> Wanted:
    found = ASKED.fullmatch(text)
    if not found:
        advice = f"write a number ({', '.join(known)}), or lines of one: 003:120 or 003:113-128."
        raise UsageError(f'"{text}" is no document; {advice}')
    number, first = found["number"], int(found["first"] or 0)
    last = int(found["last"] or first)
    if number not in known:
        raise UsageError(f'no document is called "{number}"; the documents are {", ".join(known)}.')
    if last < first:
        raise UsageError(f'"{text}" ends before it begins; write the smaller line first.')
    if last > known[number]:
        raise UsageError(f'"{text}" is beyond the end of document {number}, which has {known[number]} lines.')
    return Wanted(number, first, last)


def kept(number: str, asked: Sequence[Wanted]) -> Keep:
    """Which sentences of a document were asked for: all of them, unless only lines were."""
    own = [each for each in asked if each.number == number]
    everything = not own or any(not each.first for each in own)

    def keep(sentence: Sentence | None) -> bool:
        return everything or any(
            sentence is not None and sentence.first <= each.last and each.first <= sentence.last for each in own
        )

    return keep


def told(asked: Wanted, views: Sequence[DocumentView], tell: Tell) -> Iterator[str]:
    """What stands on the lines that were asked for, the narrowest first; where nothing does, what is nearest."""
    view = next(view for view in views if view.document.number == asked.number)
    section = view.document.section_at(asked.first)
    yield f"{asked}  {section.place}  {section.title}" if section else f"{asked}  before the first section"
    rows = [row for part in view.sections for row in part.sentences]
    here = [row for row in rows if row.sentence.first <= asked.last and asked.first <= row.sentence.last]
    seen: set[str] = set()
    for row in sorted(here, key=lambda row: row.sentence.last - row.sentence.first):
        yield from _sentence(row, tell, seen)
    if not here:
        yield f"  Nothing is stated there{_nearest(rows, asked)}."


def _sentence(row: SentenceView, tell: Tell, seen: set[str]) -> Iterator[str]:
    name = f"{row.sentence.program}: " if row.sentence.program else ""
    yield from indented(f"{name}{row.sentence.says}", "  ", row.sentence.lines)
    for view in row.statements:
        name = view.statement.id
        if name in seen:
            yield from indented(f"{view.statement.status}: {name}, as above", "    ")
        else:
            yield from tell(view)
            yield from indented(name, "      ", "statement")
        seen.add(name)


def _nearest(rows: Sequence[SentenceView], asked: Wanted) -> str:
    before = [row.sentence for row in rows if row.sentence.last < asked.first]
    behind = [row.sentence for row in rows if row.sentence.first > asked.last]
    near = [*sorted(before, key=lambda each: each.last)[-1:], *behind[:1]]
    lines = [f"{asked.number}:{each.lines}" for each in near]
    return f"; the nearest sentences are {' and '.join(lines)}" if lines else ""
