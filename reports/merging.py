"""Shards of a run put together again: results of parts, from several machines or processes, as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.files import ResultsError
from reports.pages import seen_from
from reports.record import Instance, Results, Run
from reports.store import read_results


def merged(places: Sequence[Path], out: Path) -> Results:
    """The results at these places as those of one run, their captures as seen from `out`.

    Raises ResultsError where they cannot be read, are of several versions or targets, or have an instance twice.
    """
    parts = [(place, read_results(place)) for place in places]
    first = parts[0][1]
    for place, part in parts[1:]:
        _require_same(places[0], first, place, part)
    instances = _together(parts, out)
    return replace(
        first,
        run=_run([part.run for _, part in parts], len(instances)),
        claims=_each_once((claim for _, part in parts for claim in part.claims), "id"),
        statements=_each_once((each for _, part in parts for each in part.statements), "id"),
        documents=_each_once((each for _, part in parts for each in part.documents), "number"),
        instances=instances,
    )


def _require_same(place: Path, one: Results, other_place: Path, other: Results) -> None:
    if one.run.sockproof != other.run.sockproof:
        versions = f"{one.run.sockproof} wrote {place}, {other.run.sockproof} {other_place}"
        raise ResultsError(f"{versions}; only shards of one version are merged. Run both with the same.")
    if (one.target.name, one.target.kernel) != (other.target.name, other.target.kernel):
        ran = f"{place} ran on {one.target.name}, {one.target.kernel}"
        there = f"{other_place} on {other.target.name}, {other.target.kernel}"
        raise ResultsError(f"{ran}, {there}; put kernels beside one another with sockproof compare.")


def _together(parts: Sequence[tuple[Path, Results]], out: Path) -> tuple[Instance, ...]:
    found: dict[str, tuple[Path, Instance]] = {}
    for place, part in parts:
        home = place if place.is_dir() else place.parent
        for instance in seen_from(part, home, out).instances:
            if instance.id in found:
                twice = f"{found[instance.id][0]} and {place}"
                raise ResultsError(
                    f"{instance.id} is in {twice}; shards have each instance once. Leave one of them out."
                )
            found[instance.id] = (place, instance)
    return tuple(instance for _, instance in found.values())


def _run(runs: Sequence[Run], collected: int) -> Run:
    """One run that began with the first and ended with the last; complete where all of them are."""
    ends = [run.finished for run in runs if run.finished is not None]
    return replace(
        runs[0],
        id="+".join(dict.fromkeys(run.id for run in runs)),
        started=min(run.started for run in runs),
        finished=max(ends) if ends else None,
        complete=all(run.complete for run in runs),
        interrupted=any(run.interrupted for run in runs),
        exit_code=max((run.exit_code or 0) for run in runs),
        workers=sum(run.workers for run in runs),
        arguments=tuple(word for word in runs[0].arguments if not word.startswith("--shard")),
        collected=collected,
    )


def _each_once(values: Iterable[Any], name: str) -> tuple[Any, ...]:
    return tuple({getattr(value, name): value for value in values}.values())
