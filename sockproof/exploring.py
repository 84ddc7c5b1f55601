"""``sockproof explore``: lets the models search for minutes, says how far they are, and how much they have covered."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sockproof import running, suite
from sockproof.errors import Exit, UsageError

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Catalogue

PREFIX = "model."
"""How the ids of claims begin that are checked by a model."""
OFTEN = 10.0
"""Seconds between two lines about how far the searches are."""
SOON = 3.0
"""Seconds before the first."""
HEADINGS = ("model", "sequences", "steps", "rules taken", "states", "transitions", "found")


def explore(asked: Namespace) -> int:
    """Search the models that were asked for; the exit status as that of ``run``. Raises UsageError."""
    suite.reach()
    catalogue = suite.catalogue()
    if asked.list:
        return list_models(catalogue)
    claims = chosen(asked.models, catalogue)
    check(asked)
    out = running.results_folder(asked.out)
    seconds = 0.0 if asked.replay is not None else asked.minutes * 60
    with TemporaryDirectory(prefix="sockproof-explore-") as notes:
        progress = Progress(Path(notes), seconds, {"SOCKPROOF_EXPLORE": profile(asked, Path(notes))})
        status = running.run(as_run(asked, claims, out), progress)
        progress.tell_all()
    return Exit.INTERRUPTED if progress.asked_to_end and status in (Exit.EXPECTED, Exit.UNEXPECTED) else status


def models(catalogue: Catalogue) -> dict[str, str]:
    """The claims that are checked by a model, by the model's name."""
    return {name.split(".")[1]: name for name in catalogue.claims if name.startswith(PREFIX)}


def list_models(catalogue: Catalogue) -> int:
    """Print each model with what it claims; 0."""
    known = models(catalogue)
    width = max(map(len, known), default=0)
    for name, claim in sorted(known.items()):
        print(f"{name:{width}}   {catalogue.claims[claim].says}")
    return Exit.EXPECTED


def chosen(names: Sequence[str], catalogue: Catalogue) -> list[str]:
    """The claims of these models, of all without names. Raises UsageError for a name that no model has."""
    known = models(catalogue)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"the models are {', '.join(sorted(known))}."
            raise UsageError(f'there is no model "{name}"; {advice}')
    return [known[name] for name in (names or sorted(known))]


def check(asked: Namespace) -> None:
    """Raises UsageError for arguments that ask for nothing."""
    from fixtures.models.steps import StepsError, read

    if not 0 < asked.minutes <= 24 * 60:
        raise UsageError(f"--minutes {asked.minutes:g} is no time to search; write a number above 0, at most 1440.")
    if asked.seed < 0:
        raise UsageError(f"--seed {asked.seed} is no seed; write 0 or more.")
    if asked.replay is None:
        return
    if len(asked.models) != 1:
        raise UsageError("--replay walks the steps of one model; name it.")
    try:
        read(asked.replay)
    except StepsError as error:
        raise UsageError(f"--replay: {error}") from None


def profile(asked: Namespace, notes: Path) -> str:
    """What the searches are told."""
    from fixtures.models.profile import Profile

    cores = len(os.sched_getaffinity(0))
    workers = int(asked.workers) if (asked.workers or "").isdecimal() else cores if asked.workers else 0
    database = str(Path(asked.database).absolute())
    return Profile(asked.minutes, asked.seed, workers, database, str(notes), asked.replay).text()


def as_run(asked: Namespace, claims: Iterable[str], out: Path) -> Namespace:
    """The arguments of ``run`` that search these claims."""
    from sockproof.command import COMMANDS

    words = [*claims, f"--out={out}", *(["-n", asked.workers] if asked.workers else [])]
    words += ["-k", asked.keyword] if asked.keyword else []
    words += [f"--isolation={asked.isolation}"] if asked.isolation else []
    words += [f"--preload={asked.preload}"] if asked.preload else []
    found = COMMANDS["run"].parser("run").parse_intermixed_args(words)
    found.pytest_arguments = []
    return found


@dataclass
class Progress:
    """What the searches say of themselves while they run; an interrupt asks them to end with what they have."""

    folder: Path
    seconds: float
    variables: Mapping[str, str]
    """What the process that searches is told."""
    asked_to_end: bool = False
    began: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=lambda: time.monotonic() - OFTEN + SOON)

    def look(self) -> None:
        """Says now and then how far the searches are."""
        if self.seconds and time.monotonic() - self.told > OFTEN:
            self.told = time.monotonic()
            gone = self.told - self.began
            print(f"{gone:.0f} s of {self.seconds:.0f}: {summary(self.notes())}", file=sys.stderr, flush=True)

    def interrupted(self) -> bool:
        """The first interrupt ends the searches, which keep what they have found; the next one ends the run."""
        if self.asked_to_end:
            return False
        self.asked_to_end = True
        (self.folder / "stop").touch()
        print("ending the searches; what was found is kept. Once more to end at once.", file=sys.stderr, flush=True)
        return True

    def notes(self) -> dict[str, dict[str, Any]]:
        """What each search has written, by its name."""
        return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(self.folder.glob("*.json"))}

    def tell_all(self) -> None:
        """Print what each search has covered."""
        if found := self.notes():
            print(table(found))


def summary(notes: dict[str, dict[str, Any]]) -> str:
    """All searches in one line."""
    done = sum(bool(each["done"]) for each in notes.values())
    sums = {name: sum(each[name] for each in notes.values()) for name in ("sequences", "steps", "transitions")}
    found = sum(bool(each["found"]) for each in notes.values())
    figures = ", ".join(f"{number:,} {name}" for name, number in sums.items())
    return f"{len(notes) - done} searching, {done} done, {figures}, {found} contradicted"


def table(notes: dict[str, dict[str, Any]]) -> str:
    """A line for each search."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for name, each in notes.items():
        taken = f"{each['taken']} of {each['rules']}"
        figures = (each["sequences"], each["steps"], taken, each["states"], each["transitions"])
        rows.append((name, *map(str, figures), "contradicted" if each["found"] else "nothing"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    cells = ([f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(row).rstrip() for row in cells)
