"""The results that are compared: read, told apart by name, and refused where comparing them would mislead."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import summary
from reports.compare.names import distinct_names
from reports.files import ResultsError
from reports.pages import seen_from
from reports.record import Results
from reports.store import JOURNAL, RESULTS, read_results


@dataclass(frozen=True)
class Side:
    """One of the results that are compared."""

    name: str
    """What the pages call it; no two sides have the same."""
    place: str
    """Where it was read, as it was asked for."""
    results: Results
    """With the paths of captures as they are seen from the folder of the pages."""


def read_sides(paths: Sequence[str], out: Path, *, across_versions: bool = False) -> tuple[Side, ...]:
    """The sides at `paths`, for pages in `out`.

    Raises ResultsError where one cannot be read, where two are the same file, or where two come from different
    versions of the suite and `across_versions` is not given.
    """
    _refuse_twice(paths)
    found = [read_results(path) for path in paths]
    if not across_versions:
        _refuse_versions(paths, found)
    seen = [seen_from(results, _home(path), out) for path, results in zip(paths, found, strict=True)]
    names = distinct_names(found, paths)
    return tuple(Side(*side) for side in zip(names, paths, seen, strict=True))


def _home(path: str) -> Path:
    return Path(path) if Path(path).is_dir() else Path(path).parent


def _file(path: str) -> Path:
    """The file that is read where a folder is named."""
    if not Path(path).is_dir():
        return Path(path)
    written = Path(path) / RESULTS
    return written if written.exists() else Path(path) / JOURNAL


def _refuse_twice(paths: Sequence[str]) -> None:
    seen: dict[tuple[int, int], str] = {}
    for path in paths:
        try:
            status = os.stat(_file(path))
        except OSError:
            continue  # whoever reads it says so
        first = seen.setdefault((status.st_dev, status.st_ino), path)
        if first is not path:
            raise ResultsError(f"{first} and {path} are the same results: name those of another run.")


def _refuse_versions(paths: Sequence[str], found: Sequence[Results]) -> None:
    first = found[0].run.sockproof
    for path, results in zip(paths, found, strict=True):
        if results.run.sockproof != first:
            raise ResultsError(
                f"{paths[0]} comes from sockproof {first} and {path} from {results.run.sockproof}, whose scenarios may "
                "ask something else: run both with one version, or compare them all the same with --across-versions."
            )


def cut_short(sides: Sequence[Side]) -> list[str]:
    """A sentence for each side whose run did not come to its end."""
    found = [(side.name, summary.cut_short(side.results)) for side in sides]
    return [f"{name}: {sentence}" for name, sentence in found if sentence]
