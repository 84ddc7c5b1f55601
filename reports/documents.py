"""The source documents section by section: what they state, whether it is true, and what this run found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports import summary
from reports.record import DECIDED, Claim, Instance, Results
from reports.source_documents import UNCHECKED, Document, Section, Sentence, Statement
from reports.texts import Anchors


@dataclass(frozen=True)
class StatementView:
    """One statement, the verdict that its claims amount to, and those of them that are known."""

    statement: Statement
    verdict: str
    """Of this run; ``not-checkable`` where no run can have one."""
    claims: tuple[Claim, ...]

    @property
    def really(self) -> tuple[str, ...]:
        """What happens instead: by the statement itself, else by the claims that share its judgement."""
        if self.statement.really:
            return (self.statement.really,)
        same = [claim for claim in self.claims if claim.status == self.statement.status]
        return tuple(dict.fromkeys(claim.really for claim in same if claim.really))

    @property
    def truth(self) -> tuple[str, ...]:
        """What is really so: what happens instead or, where the document is right, what its first claim says."""
        return self.really or tuple(claim.says for claim in self.claims[:1])

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its claims are written with authority, each place once."""
        every = [f"{source.document}, {source.section}" for claim in self.claims for source in claim.sources]
        return tuple(dict.fromkeys(every))


@dataclass(frozen=True)
class SentenceView:
    """What stands on some lines of a document, with the statements that it belongs to."""

    anchor: str
    sentence: Sentence
    statements: tuple[StatementView, ...]
    shown: Instance | None = None
    """Of a sentence about a program: an instance that shows what it does, with its calls and packets."""


@dataclass(frozen=True)
class SectionView:
    """A section and what it states, in the order of the catalogue."""

    anchor: str
    section: Section
    statements: tuple[StatementView, ...]
    sentences: tuple[SentenceView, ...] = ()
    """What it says, in the order of its lines."""

    @property
    def unsaid(self) -> tuple[StatementView, ...]:
        """Those of its statements that no sentence of it says: implied ones, and all where no lines are known."""
        said = {view.statement.id for row in self.sentences for view in row.statements}
        return tuple(view for view in self.statements if view.statement.id not in said)


@dataclass(frozen=True)
class DocumentView:
    """A document with those of its sections that state anything."""

    anchor: str
    document: Document
    sections: tuple[SectionView, ...]

    @property
    def statements(self) -> dict[str, StatementView]:
        """Everything that it states, each once."""
        return {view.statement.id: view for section in self.sections for view in section.statements}

    @property
    def statuses(self) -> dict[str, int]:
        """How many of its statements have each status, the worst first."""
        found = [view.statement.status for view in self.statements.values()]
        return {status: found.count(status) for status in STATUSES if status in found}


STATUSES = ("refuted", "nuanced", "upheld", UNCHECKED)


@dataclass(frozen=True)
class Coverage:
    """How much of what the documents state this run has decided."""

    decided: int
    stated: int
    unchecked: int
    """Of those stated, what no run can decide."""

    def __str__(self) -> str:
        sentence = f"{self.decided} of {summary.several(self.stated, 'statement')} decided"
        return f"{sentence}, {self.unchecked} not checkable by any run" if self.unchecked else sentence


def documents(results: Results) -> tuple[DocumentView, ...]:
    """The documents that state anything, in their order."""
    views, anchors = statement_views(results), Anchors()
    instances = summary.instances_by_claim(results)
    shown = []
    for document in results.documents:
        anchor = anchors.name(f"document-{document.number}")
        shown.append(DocumentView(anchor, document, _sections(document, views, anchors, instances)))
    return tuple(view for view in shown if view.sections)


def coverage(results: Results) -> Coverage:
    """How many statements have been decided, whatever the verdict."""
    views = statement_views(results)
    unchecked = sum(view.statement.status == UNCHECKED for view in views)
    return Coverage(sum(view.verdict in DECIDED for view in views), len(views), unchecked)


@dataclass(frozen=True)
class Tally:
    """How much a document says, or all of them say, and how true it is."""

    number: str
    """Of the document; ``all`` for the sum, in which what several documents state counts once."""
    sentences: int
    statements: int
    statuses: dict[str, int]
    """How many of the statements have each status, the worst first, zeros as well."""
    implied: int
    """Of the statements, those that no sentence says."""
    decided: int
    """Of the statements, those of which this run has a verdict about the kernel."""


def tallies(results: Results) -> tuple[Tally, ...]:
    """One for each document that states anything, and one for all."""
    views = statement_views(results)
    alone = [
        _tally(document.number, len(document.sentences), [view for view in views if _stands(view, document)])
        for document in results.documents
    ]
    return *(tally for tally in alone if tally.statements), _tally("all", sum(each.sentences for each in alone), views)


def _stands(view: StatementView, document: Document) -> bool:
    return not set(view.statement.documents).isdisjoint(document.places)


def _tally(number: str, sentences: int, views: Sequence[StatementView]) -> Tally:
    found = [view.statement.status for view in views]
    statuses = {status: found.count(status) for status in STATUSES}
    implied = sum(view.statement.implied is not None for view in views)
    decided = sum(view.verdict in DECIDED for view in views)
    return Tally(number, sentences, len(views), statuses, implied, decided)


def statement_views(results: Results) -> tuple[StatementView, ...]:
    """Every statement. A claim's own sentence is none: what a document states is written down as a statement."""
    claims = {claim.id: claim for claim in results.claims}
    instances = summary.instances_by_claim(results)
    return tuple(_view(statement, claims, instances) for statement in results.statements)


def _view(
    statement: Statement, claims: Mapping[str, Claim], instances: Mapping[str, Sequence[Instance]]
) -> StatementView:
    ran = [instance for name in statement.claims for instance in instances.get(name, ())]
    verdict = UNCHECKED if statement.status == UNCHECKED else summary.combined(ran)
    return StatementView(statement, verdict, tuple(claims[name] for name in statement.claims if name in claims))


def _sections(
    document: Document,
    views: Sequence[StatementView],
    anchors: Anchors,
    instances: Mapping[str, Sequence[Instance]],
) -> tuple[SectionView, ...]:
    rows = _sentences(document, {view.statement.id: view for view in views}, anchors, instances)
    found = []
    for section, place in zip(document.sections, document.places, strict=True):
        stated = tuple(view for view in views if place in view.statement.documents)
        said = tuple(row for row in rows if document.place_of(row.sentence) == place)
        found.append(SectionView(anchors.name(f"document-{place}"), section, stated, said))
    return tuple(view for view in found if view.statements)


def _sentences(
    document: Document,
    views: Mapping[str, StatementView],
    anchors: Anchors,
    instances: Mapping[str, Sequence[Instance]],
) -> list[SentenceView]:
    """The sentences of which any statement is known, by their lines."""
    found = []
    for sentence in sorted(document.sentences, key=lambda each: (each.first, each.last)):
        known = tuple(views[name] for name in sentence.statements if name in views)
        shown = _showing(known, instances) if sentence.program else None
        if known:
            found.append(SentenceView(anchors.name(line_anchor(document.number, sentence)), sentence, known, shown))
    return found


def line_anchor(number: str, sentence: Sentence) -> str:
    """How the page is linked to a sentence: ``document-003:113-128``."""
    return f"document-{number}:{sentence.lines}"


def _showing(views: Sequence[StatementView], instances: Mapping[str, Sequence[Instance]]) -> Instance | None:
    """The first instance of their claims that has anything to draw."""
    every = (found for view in views for name in view.statement.claims for found in instances.get(name, ()))
    return next((instance for instance in every if instance.trace.events), None)
