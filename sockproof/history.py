"""``sockproof history``: what turned, and when, over a folder of runs."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sockproof import suite
from sockproof.errors import Exit, UsageError

if TYPE_CHECKING:
    from reports.history import Past, Turn

DEFAULT = Path("sockproof-results")
NAMED = 3
"""So many instances of a claim are named; the report of the run has them all."""


def tell(asked: Namespace) -> int:
    """Print what turned from run to run; the exit status. Raises UsageError where there are no runs."""
    suite.reach()
    from reports import history

    runs, troubles = history.read(places([Path(each) for each in asked.folders] or [DEFAULT]))
    if not runs:
        raise UsageError(" ".join(troubles) or "there are no runs; name a folder of runs, or of one.")
    if asked.json:
        print(
            json.dumps([as_data(name, each, asked.claim) for name, each in history.by_target(runs).items()], indent=1)
        )
        return Exit.EXPECTED
    for name, each in history.by_target(runs).items():
        print("\n".join(lines(name, each, asked.claim)), end="\n\n")
    for trouble in troubles:
        print(f"left out: {trouble}")
    return Exit.EXPECTED


def places(asked: Sequence[Path]) -> list[Path]:
    """The folders of all runs that are meant. Raises UsageError for what is no folder."""
    from reports.history import folders

    for each in asked:
        if not each.is_dir():
            raise UsageError(f"{each} is no folder; name the folder of a run, or one that holds such folders.")
    return [found for each in asked for found in folders(each)]


def lines(target: str, runs: Sequence[Past], wanted: str | None) -> Iterator[str]:
    """The history of one target, oldest run first."""
    yield f"{target}: {len(runs)} {'run' if len(runs) == 1 else 'runs'}"
    yield f"  {headline(runs[0])}"
    for before, after in pairwise(runs):
        found = list(asked_for(before, after, wanted))
        yield f"  {headline(after)}{'' if found else ': nothing turned'}"
        for turn in found:
            yield f"    {turn.claim}: {turn.before} → {turn.after}"
            yield from (f"      {name}" for name in turn.instances[:NAMED])
            if len(turn.instances) > NAMED:
                yield f"      and {len(turn.instances) - NAMED} more"


def headline(run: Past) -> str:
    """When a run was, of what, and where it lies."""
    whole = "" if run.complete else ", incomplete"
    return f"{run.when}  {run.target}  sockproof {run.sockproof}, {len(run.claims)} claims{whole}  ({run.place})"


def asked_for(before: Past, after: Past, wanted: str | None) -> Iterator[Turn]:
    """The turns of the claims that were asked for: an id, a beginning of ids up to a dot, or a glob."""
    from reports.history import turns

    for turn in turns(before, after):
        if wanted is None or turn.claim.startswith(f"{wanted}.") or fnmatchcase(turn.claim, wanted):
            yield turn


def as_data(target: str, runs: Sequence[Past], wanted: str | None) -> dict[str, Any]:
    """The same as plain JSON."""
    from reports.record import plain

    told = [{"folder": str(run.place), "started": run.started, "target": run.target, "sockproof": run.sockproof,
             "complete": run.complete, "claims": len(run.claims), "turned": []} for run in runs]  # fmt: skip
    for number, (before, after) in enumerate(pairwise(runs), 1):
        told[number]["turned"] = [plain(turn) for turn in asked_for(before, after, wanted)]
    return {"schema": "sockproof-history", "version": 1, "target": target, "runs": told}
