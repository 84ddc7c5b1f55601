"""The kill matrix: what became of each mutant, and which claims noticed it. Plain JSON at the border.

docs/mutants.md documents the file. A reader of a newer version is refused; an added field is no new version.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from reports.files import ResultsError, write_whole

SCHEMA = "sockproof-kill-matrix"
VERSION = 1

KILLED = "killed"
KILLED_BY_ANOTHER = "killed-by-another"
SURVIVED = "survived"
NOT_REACHED = "not-reached"
HUNG = "hung"
INVALID = "invalid"
NOT_AVAILABLE = "not-available"
STAYED_GREEN = "stayed-green"
FALSE_ALARM = "false-alarm"

MEANINGS: Mapping[str, str] = {
    KILLED: "a scenario of a claim that must notice it deviated",
    KILLED_BY_ANOTHER: "no such scenario deviated, but another did, or an instance came to no verdict",
    SURVIVED: "it was reached and acted, and everything stayed green",
    NOT_REACHED: "no scenario comes to the place where it would act",
    HUNG: "a scenario did not end within the outer deadline, which is never a kill",
    INVALID: "nothing proves that it was active",
    NOT_AVAILABLE: "this machine cannot put it in place, or cannot decide a claim that must notice it",
    STAYED_GREEN: "a legal setting under which the suite stayed green",
    FALSE_ALARM: "a legal setting under which the suite went red",
}
"""Every verdict, and what it says. They are never merged."""


@dataclass(frozen=True)
class TestedClaim:
    """A claim of the suite, as far as the matrix needs it."""

    id: str
    says: str
    topic: str
    instances: int
    """How many instances ran green without a mutant."""


@dataclass(frozen=True)
class Trial:
    """A mutant and what became of it."""

    id: str
    area: str
    deviation: str
    violates: str
    mechanism: str
    argument: str
    expect: str
    claims: tuple[str, ...]
    """The claims that must notice it, patterns resolved."""
    verdict: str
    awaits: str | None = None
    reason: str | None = None
    """Why it is equivalent."""
    survives: str | None = None
    """Why it survives, where it may."""
    detail: str | None = None
    """What was observed: the failure that killed it, the refusal, the instance that hung."""
    instance: str | None = None
    """The instance that decided."""
    by: str | None = None
    """The claim of that instance."""
    fallen: tuple[str, ...] = ()
    """Every claim of which an instance deviated, as far as instances were run."""
    undecided: tuple[str, ...] = ()
    """Claims of which an instance came to no verdict about the kernel."""
    reached: int = 0
    """Instances that come to the place where it acts."""
    ran: int = 0
    acted: int = 0
    """How often it acted: calls, or packets for a rule."""
    seconds: float = 0.0
    complete: bool = False
    """Whether every instance that reaches it ran, so that `fallen` is whole."""

    @property
    def scored(self) -> bool:
        """Whether it counts: a deviation to be killed, of which the suite makes a claim."""
        return self.expect == "kill" and self.awaits is None

    @property
    def as_expected(self) -> bool:
        """Whether nothing has to be mended: killed by its claim, explained, or green where it must be."""
        if self.expect == "adapt":
            return self.verdict in (STAYED_GREEN, NOT_AVAILABLE)
        if self.expect == "equivalent" or self.awaits is not None:
            return self.verdict not in (HUNG, INVALID)
        return self.verdict in (KILLED, NOT_AVAILABLE) or (self.survives is not None and self.verdict == SURVIVED)


@dataclass(frozen=True)
class Matrix:
    """The whole of a run over the catalogue, or of as much of it as was reached."""

    run: Mapping[str, Any]
    claims: tuple[TestedClaim, ...]
    trials: tuple[Trial, ...]

    def scored(self) -> tuple[Trial, ...]:
        """The trials that count and that this machine could put in place."""
        return tuple(trial for trial in self.trials if trial.scored and trial.verdict != NOT_AVAILABLE)

    @property
    def decided(self) -> bool:
        """Whether anything was tried: a run in which this machine could put nothing in place shows nothing."""
        return any(trial.verdict != NOT_AVAILABLE for trial in self.trials)

    def untested(self) -> tuple[TestedClaim, ...]:
        """The claims that have killed no mutant that names them."""
        tested = {claim for trial in self.trials if trial.verdict == KILLED for claim in killers(trial)}
        return tuple(claim for claim in self.claims if claim.id not in tested)

    def unnamed(self) -> tuple[TestedClaim, ...]:
        """The claims that no mutant of the run names."""
        named = {claim for trial in self.trials for claim in trial.claims}
        return tuple(claim for claim in self.claims if claim.id not in named)


def killers(trial: Trial) -> frozenset[str]:
    """The claims that must notice a mutant and did."""
    return frozenset(trial.claims) & frozenset(trial.fallen)


def counts(trials: Iterable[Trial]) -> dict[str, int]:
    """How many trials ended in each verdict, in the order of MEANINGS, without those that none did."""
    counted = Counter(trial.verdict for trial in trials)
    return {verdict: counted[verdict] for verdict in MEANINGS if counted[verdict]}


def score(trials: Sequence[Trial]) -> float:
    """Share of the scored trials that are killed by a claim that names them; 0.0 where there are none."""
    return sum(trial.verdict == KILLED for trial in trials) / len(trials) if trials else 0.0


def in_words(matrix: Matrix) -> str:
    """The result in a few lines of text."""
    scored = matrix.scored()
    killed = sum(trial.verdict == KILLED for trial in scored)
    lines = []
    if scored:
        found = ", ".join(f"{number} {verdict}" for verdict, number in counts(scored).items())
        lines.append(f"{killed} of {len(scored)} mutants killed by the claim that names them "
                     f"({100 * score(scored):.1f} %): {found}.")  # fmt: skip
    if absent := [t for t in matrix.trials if t.scored and t.verdict == NOT_AVAILABLE]:
        lines.append(f"{len(absent)} could not be put in place here: {' '.join((absent[0].detail or '').split())}")
    for title, others in (("awaiting claims, not scored", [t for t in matrix.trials if t.awaits is not None]),
                          ("equivalent, not scored", [t for t in matrix.trials if t.expect == "equivalent"]),
                          ("legal settings", [t for t in matrix.trials if t.expect == "adapt"])):  # fmt: skip
        if others:
            lines.append(f"{len(others)} {title}: " + ", ".join(f"{n} {v}" for v, n in counts(others).items()) + ".")
    return "\n".join([*lines, *map(_complaint, (t for t in matrix.trials if not t.as_expected))])


def _complaint(trial: Trial) -> str:
    detail = f" ({' '.join(trial.detail.split())[:160]})" if trial.detail else ""
    return f"  {trial.verdict:17} {trial.id}: {trial.deviation}{detail}"


def plain(matrix: Matrix) -> dict[str, Any]:
    """The matrix as plain JSON."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "run": dict(matrix.run),
        "claims": [asdict(claim) for claim in matrix.claims],
        "mutants": [asdict(trial) for trial in matrix.trials],
    }


def write(matrix: Matrix, path: Path) -> None:
    """Writes the matrix as a whole file or not at all. Raises ResultsError."""
    write_whole(path, json.dumps(plain(matrix), indent=1) + "\n")


def read(path: Path) -> Matrix:
    """The matrix in a file. Raises ResultsError with one sentence for one that cannot be read."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}; name a matrix.json of sockproof mutants") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ResultsError(f"{path} is no kill matrix; name a matrix.json of sockproof mutants")
    if data.get("version") != VERSION:
        raise ResultsError(f"{path} has version {data.get('version')}, and {VERSION} is known; use a newer sockproof")
    try:
        claims = tuple(known(TestedClaim, each) for each in data["claims"])
        return Matrix(data["run"], claims, tuple(known(Trial, each) for each in data["mutants"]))
    except (KeyError, TypeError) as error:
        raise ResultsError(f"{path} is incomplete: {error}; run sockproof mutants again") from None


T = TypeVar("T")


def known(kind: type[T], table: Mapping[str, Any]) -> T:
    """A dataclass from plain JSON: lists become tuples, and fields of a later version are left out."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items() if k in names})
