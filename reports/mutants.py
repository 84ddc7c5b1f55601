"""kill-matrix.html: mutants and claims as one self-contained page in the look of the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports import kill_matrix
from reports.files import write_whole
from reports.html import TEMPLATES, environment
from reports.kill_matrix import Matrix, Trial, killers

LOOKS: Mapping[str, tuple[str, str]] = {
    kill_matrix.KILLED: ("✓", "conforms"),
    kill_matrix.STAYED_GREEN: ("✓", "conforms"),
    kill_matrix.SURVIVED: ("✗", "deviates"),
    kill_matrix.FALSE_ALARM: ("✗", "deviates"),
    kill_matrix.KILLED_BY_ANOTHER: ("≈", "inconclusive"),
    kill_matrix.NOT_REACHED: ("–", "unsupported"),
    kill_matrix.NOT_AVAILABLE: ("⊘", "not-permitted"),
    kill_matrix.HUNG: ("!", "harness-error"),
    kill_matrix.INVALID: ("!", "harness-error"),
}
"""Sign and colour of each verdict; the colours are those of the report's verdicts."""


@dataclass(frozen=True)
class Row:
    """A claim, and the mutants that name it: by which it is tested, and which it missed while others noticed."""

    claim: kill_matrix.TestedClaim
    kills: tuple[Trial, ...]
    named: tuple[Trial, ...]


def write_page(matrix: Matrix, path: Path) -> None:
    """Writes the page. Raises ResultsError."""
    write_whole(path, page(matrix))


def page(matrix: Matrix) -> str:
    """The page as text."""
    from markupsafe import Markup

    scored, unnamed = matrix.scored(), matrix.unnamed()
    nameless = {claim.id for claim in unnamed}
    own = (TEMPLATES / "kill-matrix.css").read_text("utf-8")
    return environment().get_template("kill-matrix.html").render(
        matrix=matrix,
        own_style=Markup(own),
        scored=scored,
        counts=kill_matrix.counts(scored),
        score=kill_matrix.score(scored),
        meanings=kill_matrix.MEANINGS,
        looks=LOOKS,
        areas=by_area(trial for trial in matrix.trials if trial.scored),
        open=[trial for trial in matrix.trials if is_open(trial)],
        awaiting=by_subject(matrix.trials),
        equivalent=[trial for trial in matrix.trials if trial.expect == "equivalent"],
        settings=[trial for trial in matrix.trials if trial.expect == "adapt"],
        topics=by_topic(matrix),
        untested=[claim for claim in matrix.untested() if claim.id not in nameless],
        unnamed=unnamed,
        named=len(matrix.claims) - len(unnamed),
        collateral=collateral,
    )  # fmt: skip


def is_open(trial: Trial) -> bool:
    """Whether a reader has to look at it: it should have been killed and was not, or something red should be green."""
    return not trial.as_expected or (trial.scored and trial.verdict == kill_matrix.SURVIVED)


def collateral(trial: Trial) -> int | None:
    """How many claims fell that need not notice the mutant; None where not all instances ran."""
    return len(set(trial.fallen) - set(trial.claims)) if trial.complete else None


def by_area(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    """Trials by area, in the order of the catalogue."""
    found: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        found[trial.area].append(trial)
    return dict(found)


def by_subject(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    """The trials that await claims, by the subject of these."""
    found: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.awaits is not None:
            found[trial.awaits].append(trial)
    return dict(found)


def by_topic(matrix: Matrix) -> dict[str, list[Row]]:
    """The rows of the matrix, by the topic of the claim; claims that no mutant names have none."""
    found: dict[str, list[Row]] = defaultdict(list)
    for claim in matrix.claims:
        named = tuple(trial for trial in matrix.trials if claim.id in trial.claims)
        kills = tuple(trial for trial in named if claim.id in killers(trial))
        if named:
            found[claim.topic].append(Row(claim, kills, named))
    return dict(found)
