"""From the journal of a run for signatures to the fault dictionary that the suite ships."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.diagnosis import dictionary as faults
from reports.diagnosis.dictionary import Fault
from reports.kill_matrix import NOT_AVAILABLE, Trial

ABOUT = ("sockproof", "kernel", "python")
"""What the dictionary tells of the run that made it."""


def asked(lines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The instances that took part, with their claims, in the order in which a dictionary has them."""
    green: dict[str, str] = {}
    for line in lines:
        green.update(line["instances"] if line.get("kind") == "baseline" else {})
    return {name: green[name] for name in faults.ordered(green)}


def write(
    path: Path,
    instances: Mapping[str, str],
    trials: Sequence[Trial],
    lines: Mapping[str, Mapping[str, Any]],
    about: Mapping[str, Any],
    onto: Path | None = None,
) -> None:
    """Writes the dictionary of the mutants that could be put in place, added to an older one. Raises ResultsError."""
    places = {name: at for at, name in enumerate(instances)}
    found = [
        signature(trial, lines[trial.id], places) for trial in trials if trial.scored and trial.verdict != NOT_AVAILABLE
    ]
    if onto is not None:
        both = faults.joined(faults.read(onto), instances, found)
        instances, found = dict(zip(both.instances, both.claims, strict=True)), faults.every_fault(both)
    faults.write(path, instances, found, {name: about.get(name) for name in ABOUT})


def signature(trial: Trial, line: Mapping[str, Any], places: Mapping[str, int]) -> Fault:
    """A mutant with what fell under it."""
    fell, unknown = (bits(line.get(name, ()), places) for name in ("fell", "unknown"))
    return Fault(trial.id, trial.deviation, trial.violates, trial.claims, fell, unknown)


def bits(names: Iterable[str], places: Mapping[str, int]) -> int:
    """Instances as a set."""
    return sum(1 << places[name] for name in set(names) if name in places)
