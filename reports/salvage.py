"""What is left of a run whose process, machine or sandbox died: its journal, and the names of what it did not reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reports import folder, pages, store
from reports.record import Instance, Results

COARSE = 20_000_000
"""Nanoseconds by which the time of a file may be behind the clock: it is that of the last tick."""


def unseen(node: str, claim: str, reason: str) -> Instance:
    """The record of an instance of which nobody saw the outcome."""
    return Instance(
        id=node, claim=claim, scenario=node.rpartition("::")[2].partition("[")[0], parameters={},
        verdict="inconclusive", duration=0.0, reason=reason, details=reason, source_file=node.partition("::")[0],
    )  # fmt: skip


DYING = 10.0
"""Seconds that a run which was killed may take to let its folder go."""


def salvage(out: Path, began: int, *, interrupted: bool, claim_of: Callable[[str], str], reason: str) -> Results | None:
    """Write the results of a run that `began` then from its journal, and give them; None where it did not come to one.

    What was to run and has no record becomes inconclusive for `reason`, unless somebody wanted the end. Raises
    ResultsError or FolderError where the folder cannot be written; then the journal is as it was.
    """
    found = _journalled(out / store.JOURNAL, began)
    if found is None:
        return None
    collected = store.read_collected(out / store.JOURNAL)
    if not interrupted:
        known = {each.id for each in found.instances}
        missing = [name for name in collected if name not in known]
        more = tuple(unseen(name, claim_of(name), reason) for name in missing)
        found = replace(found, instances=found.instances + more)
    found = replace(found, run=replace(found.run, interrupted=interrupted, complete=False, collected=len(collected)))
    held = folder.held(out, within=DYING)
    try:
        for path in folder.left_by_others(held.path):
            path.unlink(missing_ok=True)
        store.write_results(found, out / store.RESULTS)
        pages.write_all(found, out)
    finally:
        held.release()
    folder.point_latest(out)
    return found


def _journalled(journal: Path, began: int) -> Results | None:
    """What a journal tells; None for one of an earlier run, or without a beginning.

    This machine's clock says when it was written. A run tells the time of the kernel under test, which may differ.
    """
    try:
        return store.read_journal(journal) if journal.stat().st_mtime_ns >= began - COARSE else None
    except (store.ResultsError, OSError):
        return None
