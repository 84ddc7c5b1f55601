"""``sockproof documents``: what the source documents state, whether it is true, and what the last run found."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sockproof import document_lines, suite
from sockproof.errors import UsageError
from sockproof.listing import LAST_RUN, indented

if TYPE_CHECKING:
    from reports.documents import DocumentView, SectionView, StatementView, Tally
    from reports.record import Results

VERSION = 1
"""Of the JSON; a change that could break a reader raises it."""


def tell(asked: Namespace) -> int:
    """Print the documents or lines that were asked for; the exit status. Raises UsageError."""
    suite.reach()
    from reports.documents import coverage, documents

    results = stated(asked.results)
    views = documents(results)
    wanted = document_lines.wanted(asked.document, views)
    chosen = [view for view in views if not wanted or view.document.number in {each.number for each in wanted}]
    if asked.json:
        print(json.dumps(as_data(chosen, results, wanted), indent=1, ensure_ascii=False))
        return 0
    lines = [each for each in wanted if each.first]
    for each in lines:
        print("\n".join(document_lines.told(each, views, told)), end="\n\n")
    for view in chosen:
        if not lines or any(each.number == view.document.number and not each.first for each in wanted):
            print("\n".join(whole(view)), end="\n\n")
    if not lines:
        print("\n".join(table(results)), end="\n\n")
    print(f"{coverage(results)}; {origin(results)}.")
    return 0


def stated(path: str | None) -> Results:
    """The results at `path`, else those of the last run here, with all that the catalogue knows of the documents.

    Raises UsageError where results that were named cannot be read.
    """
    from reports import store

    known = beforehand()
    if path is None and not LAST_RUN.exists():
        return known
    try:
        found = store.read_results(Path(path) if path else LAST_RUN)
    except store.ResultsError as error:
        if path is None:
            return known
        raise UsageError(str(error)) from error
    return (
        joined(known, found) if path else replace(known, run=found.run, target=found.target, instances=found.instances)
    )


def joined(known: Results, found: Results) -> Results:
    """A run's results, and what they leave out from the catalogue: those of a selection tell less of the documents."""
    claims = {claim.id: claim for claim in (*known.claims, *found.claims)}
    statements = {statement.id: statement for statement in (*known.statements, *found.statements)}
    read = any(document.sentences for document in found.documents)
    return replace(
        found,
        claims=tuple(claims.values()),
        statements=tuple(statements.values()),
        documents=found.documents if read else known.documents,
    )


def beforehand() -> Results:
    """What is known before any run: claims, documents and statements of the catalogue."""
    from reports.record import Results, Run, Target

    found = suite.catalogue()
    nothing = Run("", 0, ""), Target("", "", "", "")
    return Results(*nothing, tuple(found.claims.values()), (), found.documents, found.statements)


def origin(results: Results) -> str:
    """Which run the verdicts are of, in words."""
    return f"verdicts of {results.run.id} on {results.target.kernel}" if results.instances else "nothing has run here"


def whole(view: DocumentView) -> Iterator[str]:
    """The lines of one document."""
    yield f"{view.document.number}  {view.document.title}"
    yield from indented(view.document.about, "     ") if view.document.about else ()
    for part in view.sections:
        yield ""
        yield f"  {part.section.place}  {part.section.title}"
        for row in part.statements:
            yield from told(row, said(part, row))


def said(part: SectionView, row: StatementView) -> str:
    """The lines on which a section says a statement: ``113-128, 111``; nothing where it does not."""
    found = [each.sentence.lines for each in part.sentences if row in each.statements]
    return ", ".join(found)


def told(row: StatementView, lines: str = "") -> Iterator[str]:
    """The lines of one statement: its status, what it says, what really happens, and who decides it."""
    statement = row.statement
    verdict = "" if row.verdict == statement.status else f"{row.verdict}: "
    where = f" (line {lines})" if lines else ""
    yield from indented(f"{statement.status}: {statement.says}{where}", "    ")
    for sentence in row.really:
        yield from indented(sentence, "      ", "really")
    for label, text in (("implied", statement.implied), ("because", statement.reason)):
        yield from indented(text, "      ", label) if text else ()
    if statement.claims:
        yield from indented(f"{verdict}{', '.join(statement.claims)}", "      ", "decided by")


def table(results: Results) -> Iterator[str]:
    """How much each document says and how true it is, a line each."""
    from reports.documents import STATUSES, tallies

    yield " ".join(f"{name:>13}" for name in ("document", "sentences", "statements", *STATUSES, "implied", "decided"))
    for tally in tallies(results):
        numbers = (tally.sentences, tally.statements, *tally.statuses.values(), tally.implied, tally.decided)
        yield " ".join(f"{cell:>13}" for cell in (tally.number, *numbers))


def as_data(
    views: Sequence[DocumentView], results: Results, wanted: Sequence[document_lines.Wanted] = ()
) -> dict[str, Any]:
    """The same as plain JSON; of what was asked by line only the sentences there and their statements."""
    from reports.documents import coverage, tallies
    from reports.record import plain

    counts: Sequence[Tally] = tallies(results)
    return {
        "schema": "sockproof-documents",
        "version": VERSION,
        "run": results.run.id or None,
        "coverage": plain(coverage(results)),
        "counts": [plain(each) for each in counts],
        "documents": [document_data(view, wanted) for view in views],
    }


def document_data(view: DocumentView, wanted: Sequence[document_lines.Wanted]) -> dict[str, Any]:
    """One document with its sections and what they state."""
    document = view.document
    sections = [section_data(part, document_lines.kept(document.number, wanted)) for part in view.sections]
    return {
        "number": document.number,
        "title": document.title,
        "about": document.about,
        "sections": [each for each in sections if each["statements"]],
    }


def section_data(part: SectionView, keep: document_lines.Keep) -> dict[str, Any]:
    """One section with what it states and the lines that say so."""
    from reports.record import plain

    sentences = [each for each in part.sentences if keep(each.sentence)]
    asked = part.statements if keep(None) else tuple(row for each in sentences for row in each.statements)
    rows = dict.fromkeys(row.statement.id for row in asked)
    return {
        **vars(part.section),
        "sentences": [plain(each.sentence) for each in sentences],
        "statements": [statement_data(row) for row in part.statements if row.statement.id in rows],
    }


def statement_data(row: StatementView) -> dict[str, Any]:
    """One statement with the verdict of the run and what really happens."""
    from reports.record import plain

    return {**plain(row.statement), "verdict": row.verdict, "really": list(row.really), "sources": list(row.sources)}
