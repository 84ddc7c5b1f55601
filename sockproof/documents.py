"""``sockproof documents``: what the source documents state, whether it is true, and what the last run found."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sockproof import suite
from sockproof.errors import UsageError
from sockproof.listing import LAST_RUN, indented

if TYPE_CHECKING:
    from reports.documents import DocumentView, StatementView
    from reports.record import Results

VERSION = 1
"""Of the JSON; a change that could break a reader raises it."""


def tell(asked: Namespace) -> int:
    """Print the documents that were asked for, section by section; the exit status. Raises UsageError."""
    suite.reach()
    from reports.documents import coverage, documents

    results = stated(asked.results)
    chosen = select(documents(results), asked.document)
    if asked.json:
        print(json.dumps(as_data(chosen, results), indent=1, ensure_ascii=False))
        return 0
    for view in chosen:
        print("\n".join(whole(view)), end="\n\n")
    print(f"{coverage(results)}; {origin(results)}.")
    return 0


def stated(path: str | None) -> Results:
    """The results at `path`, else those of the last run here, with all that the catalogue knows of the documents.

    Raises UsageError where results that were named cannot be read.
    """
    from dataclasses import replace

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
    if found.statements and path:
        return found
    return replace(known, run=found.run, target=found.target, instances=found.instances)


def beforehand() -> Results:
    """What is known before any run: claims, documents and statements of the catalogue."""
    from reports.record import Results, Run, Target

    found = suite.catalogue()
    nothing = Run("", 0, ""), Target("", "", "", "")
    return Results(*nothing, tuple(found.claims.values()), (), found.documents, found.statements)


def origin(results: Results) -> str:
    """Which run the verdicts are of, in words."""
    return f"verdicts of {results.run.id} on {results.target.kernel}" if results.instances else "nothing has run here"


def select(views: Sequence[DocumentView], asked: Sequence[str]) -> list[DocumentView]:
    """The documents with these numbers, all without any. Raises UsageError for a number that none has."""
    known = {view.document.number: view for view in views}
    for number in asked:
        if number not in known:
            raise UsageError(f'no document is called "{number}"; the documents are {", ".join(known)}.')
    return [view for number, view in known.items() if not asked or number in asked]


def whole(view: DocumentView) -> Iterator[str]:
    """The lines of one document."""
    yield f"{view.document.number}  {view.document.title}"
    for part in view.sections:
        yield ""
        yield f"  {part.section.place}  {part.section.title}"
        for row in part.statements:
            yield from told(row)


def told(row: StatementView) -> Iterator[str]:
    """The lines of one statement: its status, what it says, what really happens, and who decides it."""
    verdict = "" if row.verdict == row.statement.status else f"{row.verdict}: "
    yield from indented(f"{row.statement.status}: {row.statement.says}", "    ")
    for sentence in row.really:
        yield from indented(sentence, "      ", "really")
    if row.statement.reason:
        yield from indented(row.statement.reason, "      ", "because")
    if row.statement.claims:
        yield from indented(f"{verdict}{', '.join(row.statement.claims)}", "      ", "decided by")


def as_data(views: Sequence[DocumentView], results: Results) -> dict[str, Any]:
    """The same as plain JSON."""
    from reports.documents import coverage
    from reports.record import plain

    return {
        "schema": "sockproof-documents",
        "version": VERSION,
        "run": results.run.id or None,
        "coverage": plain(coverage(results)),
        "documents": [document_data(view) for view in views],
    }


def document_data(view: DocumentView) -> dict[str, Any]:
    """One document with its sections and what they state."""
    sections = [
        {**vars(part.section), "statements": [statement_data(row) for row in part.statements]} for part in view.sections
    ]
    return {"number": view.document.number, "title": view.document.title, "sections": sections}


def statement_data(row: StatementView) -> dict[str, Any]:
    """One statement with the verdict of the run and what really happens."""
    from reports.record import plain

    return {**plain(row.statement), "verdict": row.verdict, "really": list(row.really), "sources": list(row.sources)}
