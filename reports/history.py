"""What turned from run to run of one target, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reports import summary
from reports.files import ResultsError
from reports.record import Results
from reports.store import JOURNAL, RESULTS, read_results

ABSENT = "not-run"


@dataclass(frozen=True)
class Past:
    """One run of the past: where it lies, and the verdict of each of its claims and instances."""

    place: Path
    target: str
    started: int
    sockproof: str
    complete: bool
    claims: Mapping[str, str]
    instances: Mapping[str, tuple[str, str]]
    """Claim and verdict by id."""

    @property
    def when(self) -> str:
        """When it started, in UTC."""
        return datetime.fromtimestamp(self.started // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Turn:
    """What became of one claim from one run to the next."""

    claim: str
    before: str
    after: str
    instances: tuple[str, ...] = field(default=())
    """Those whose verdict changed."""


def folders(place: Path) -> list[Path]:
    """The folders of runs at a place: it itself, or those right below it, each once: ``latest`` is a link to one."""
    if any((place / name).is_file() for name in (RESULTS, JOURNAL)):
        return [place]
    below = sorted((each for each in place.iterdir() if each.is_dir()), key=lambda each: (each.is_symlink(), each))
    runs = [each for each in below if any((each / name).is_file() for name in (RESULTS, JOURNAL))]
    return list({each.resolve(): each for each in reversed(runs)}.values())[::-1]


def read(places: Sequence[Path]) -> tuple[list[Past], list[str]]:
    """The runs at these places, oldest first, and a sentence for each that cannot be read."""
    found, troubles = [], []
    for place in places:
        try:
            found.append(past(place, read_results(place)))
        except ResultsError as error:
            troubles.append(str(error))
    return sorted(found, key=lambda each: each.started), troubles


def past(place: Path, results: Results) -> Past:
    """What history keeps of a run; its evidence stays where it is."""
    instances = {each.id: (each.claim, each.verdict) for each in results.instances}
    target = f"{results.target.name} {results.target.kernel}".strip()
    ran = {claim: verdict for claim, verdict in summary.claim_verdicts(results).items() if verdict != ABSENT}
    run = results.run
    return Past(place, target, run.started, run.sockproof, run.complete, ran, instances)


def turns(before: Past, after: Past) -> Iterator[Turn]:
    """The claims whose verdict changed from one run to the next, in the order of the later one; new ones are none."""
    for claim, verdict in after.claims.items():
        if before.claims.get(claim, verdict) != verdict:
            changed = tuple(
                name for name, (of, now) in after.instances.items() if of == claim and _was(before, name) != now
            )
            yield Turn(claim, before.claims[claim], verdict, changed)


def _was(run: Past, instance: str) -> str:
    return run.instances.get(instance, ("", ABSENT))[1]


def by_target(runs: Sequence[Past]) -> dict[str, list[Past]]:
    """The runs of each target, which alone are compared."""
    found: dict[str, list[Past]] = {}
    for run in runs:
        found.setdefault(run.target.partition(" ")[0], []).append(run)
    return found
