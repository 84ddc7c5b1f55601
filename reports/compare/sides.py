"""The results that are compared: read, told apart by name, and refused where comparing them would mislead."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import summary
from reports.files import ResultsError
from reports.pages import seen_from
from reports.record import Results, Target
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

    @property
    def release(self) -> str:
        """The release of its kernel: ``6.1.0``."""
        return release(self.results.target)


def release(target: Target) -> str:
    """The release in a target's kernel, which may begin with the name of the system."""
    words = target.kernel.split()
    return next((word for word in words if word[:1].isdigit()), target.kernel)


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


def distinct_names(found: Sequence[Results], places: Sequence[str]) -> list[str]:
    """A name for each: its target, with as much behind it as tells them apart."""
    pairs = list(zip(found, places, strict=True))
    for naming in NAMINGS:
        names = [naming(results, place) for results, place in pairs]
        if max(Counter(names).values()) == 1:
            return names
    return [f"{name} #{number}" for number, name in enumerate(names, 1)]


def target_name(target: Target) -> str:
    """What a target is called: by its name without what stands behind a colon, or by its kind where it has none."""
    name = target.name.partition(":")[0]
    return target.environment.kind if name == "host" else name


def _version(target: Target) -> str:
    """What tells it from others of its name: how it was made, or else its kernel."""
    made = (target.environment.version, *map(str, target.environment.options.values()))
    return " ".join(filter(None, made)) or release(target)


NAMINGS: tuple[Callable[[Results, str], str], ...] = (
    lambda results, _: target_name(results.target),
    lambda results, _: f"{target_name(results.target)} {_version(results.target)}",
    lambda results, _: f"{target_name(results.target)} {results.run.id}",
    lambda results, place: f"{target_name(results.target)} {place}",
)


def cut_short(sides: Sequence[Side]) -> list[str]:
    """A sentence for each side whose run did not come to its end."""
    found = [(side.name, summary.cut_short(side.results)) for side in sides]
    return [f"{name}: {sentence}" for name, sentence in found if sentence]
