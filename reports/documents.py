"""The source documents section by section: what they state, whether it is true, and what this run found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports import summary
from reports.record import DECIDED, Claim, Instance, Results
from reports.source_documents import UNCHECKED, Document, Section, Statement
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
        """What happens instead, by the claims that share the statement's judgement."""
        same = [claim for claim in self.claims if claim.status == self.statement.status]
        return tuple(dict.fromkeys(claim.really for claim in same if claim.really))

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its claims are written with authority, each place once."""
        every = [f"{source.document}, {source.section}" for claim in self.claims for source in claim.sources]
        return tuple(dict.fromkeys(every))


@dataclass(frozen=True)
class SectionView:
    """A section and what it states, in the order of the catalogue."""

    anchor: str
    section: Section
    statements: tuple[StatementView, ...]


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
    shown = [
        DocumentView(anchors.name(f"document-{document.number}"), document, _sections(document, views, anchors))
        for document in results.documents
    ]
    return tuple(view for view in shown if view.sections)


def coverage(results: Results) -> Coverage:
    """How many statements have been decided, whatever the verdict."""
    views = statement_views(results)
    unchecked = sum(view.statement.status == UNCHECKED for view in views)
    return Coverage(sum(view.verdict in DECIDED for view in views), len(views), unchecked)


def statement_views(results: Results) -> tuple[StatementView, ...]:
    """Every statement, and behind them the claims at places of the documents that no statement names."""
    claims = {claim.id: claim for claim in results.claims}
    instances = summary.instances_by_claim(results)
    named = {name for statement in results.statements for name in statement.claims}
    bare = [claim for claim in results.claims if claim.documents and claim.id not in named]
    return tuple(_view(statement, claims, instances) for statement in (*results.statements, *map(_as_stated, bare)))


def _as_stated(claim: Claim) -> Statement:
    return Statement(claim.id, claim.says, claim.documents, claim.status or "", (claim.id,))


def _view(
    statement: Statement, claims: Mapping[str, Claim], instances: Mapping[str, Sequence[Instance]]
) -> StatementView:
    ran = [instance for name in statement.claims for instance in instances.get(name, ())]
    verdict = UNCHECKED if statement.status == UNCHECKED else summary.combined(ran)
    return StatementView(statement, verdict, tuple(claims[name] for name in statement.claims if name in claims))


def _sections(document: Document, views: Sequence[StatementView], anchors: Anchors) -> tuple[SectionView, ...]:
    found = []
    for section, place in zip(document.sections, document.places, strict=True):
        stated = tuple(view for view in views if place in view.statement.documents)
        found.append(SectionView(anchors.name(f"document-{place}"), section, stated))
    return tuple(view for view in found if view.statements)
