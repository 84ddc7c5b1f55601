"""What became of the instances that ran under one mutant, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reports import kill_matrix as verdicts

DEVIATES = "deviates"
UNDECIDED = frozenset({"inconclusive", "harness-error", "died"})
RED = UNDECIDED | {DEVIATES}


@dataclass(frozen=True)
class Outcome:
    """One instance: its verdict, why, and how often the mutant's place was reached and the deviation put there."""

    instance: str
    claim: str
    verdict: str
    reason: str = ""
    seconds: float = 0.0
    seen: int = 0
    acted: int = 0
    reached: tuple[str, ...] = ()
    """While observing: the names of all mutants that were reached."""


@dataclass
class Course:
    """What has happened so far to one mutant, or to one setting."""

    outcomes: list[Outcome] = field(default_factory=list)
    hung: str | None = None
    """The instance that did not end within the outer deadline."""
    unavailable: str | None = None
    """Why this machine cannot put the mutant in place."""
    seconds: float = 0.0

    @property
    def acted(self) -> int:
        """How often the deviation was put in place."""
        return sum(outcome.acted for outcome in self.outcomes)

    def claims(self, wanted: Callable[[Outcome], bool]) -> tuple[str, ...]:
        """The claims of the outcomes that are `wanted`, each once, in the order of the run."""
        return tuple(dict.fromkeys(outcome.claim for outcome in self.outcomes if wanted(outcome)))


def is_kill(outcome: Outcome) -> bool:
    """Whether an instance noticed the mutant: it deviated, and the deviation had been put there while it ran.

    Anything else that is red says something about the rig under the mutant, and nothing about the kernel.
    """
    return outcome.verdict == DEVIATES and outcome.acted > 0


def verdict_of(course: Course, named: Callable[[str], bool]) -> tuple[str, Outcome | None]:
    """The verdict on a mutant, and the outcome that decided; `named` tells whether a claim must notice it."""
    kills = [outcome for outcome in course.outcomes if is_kill(outcome)]
    by_name = [outcome for outcome in kills if named(outcome.claim)]
    if course.unavailable is not None:
        return verdicts.NOT_AVAILABLE, None
    if by_name:
        return verdicts.KILLED, by_name[0]
    if course.hung is not None:
        return verdicts.HUNG, None
    return _without_a_named_kill(course.outcomes, kills)


def _without_a_named_kill(outcomes: Sequence[Outcome], kills: Sequence[Outcome]) -> tuple[str, Outcome | None]:
    red = [*kills, *(outcome for outcome in outcomes if outcome.verdict in UNDECIDED and outcome.acted)]
    if red:
        return verdicts.KILLED_BY_ANOTHER, red[0]
    # Red without the mutant having acted is a fault of the suite or of the machine: it proves nothing.
    unproved = [outcome for outcome in outcomes if outcome.verdict in RED]
    if unproved:
        return verdicts.INVALID, unproved[0]
    if not any(outcome.seen for outcome in outcomes):
        return verdicts.NOT_REACHED, None
    return (verdicts.SURVIVED if any(outcome.acted for outcome in outcomes) else verdicts.INVALID), None


def verdict_of_setting(course: Course) -> tuple[str, Outcome | None]:
    """The verdict on a legal setting: whatever is red under it is a false alarm."""
    red = [outcome for outcome in course.outcomes if outcome.verdict in RED]
    if course.unavailable is not None:
        return verdicts.NOT_AVAILABLE, None
    if course.hung is not None:
        return verdicts.HUNG, None
    if red:
        return verdicts.FALSE_ALARM, red[0]
    return (verdicts.STAYED_GREEN if course.outcomes else verdicts.INVALID), None
