"""The signature of a mutant: which instances fall under it, of those that reach it, for the fault dictionary.

Where very many reach a mutant, a sample of scenarios runs: the same for every mutant, so that signatures can be
compared, and all instances of a scenario whose first one has fallen. What did not run is known to be unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import Any

from sockproof.mutants import MutantError
from sockproof.mutants.catalogue import Mutant
from sockproof.mutants.child_work import Attempt, Say, Warm, timed
from sockproof.mutants.job import digest
from sockproof.mutants.outcome import RED, Course, is_kill

MOST = 25
"""Scenarios of claims that do not name the mutant, of which an instance runs; beyond it a sample decides."""


@dataclass(frozen=True)
class Sounding:
    """A mutant under which everything that reaches it is asked, however much has fallen before."""

    warm: Warm
    mutant: Mutant

    def work(self, names: list[str], say: Say) -> None:
        """Puts the mutant in place and runs `names`, of which siblings only run where their first one has fallen."""
        try:
            counted = Attempt(self.warm, self.mutant).in_place()
        except MutantError as error:
            say({"unavailable": str(error)})
            return
        stood: set[str] = set()
        for name in names:
            claim, scenario = self.warm.claim(name), scenario_of(name)
            if scenario in stood and not self.mutant.names_claim(claim):
                continue
            say({"start": name})
            outcome = timed(self.warm, name, counted)
            say({**asdict(outcome), "reason": outcome.reason[:300]})
            if outcome.verdict not in RED:
                stood.add(scenario)


def scenario_of(name: str) -> str:
    """File and function of an instance."""
    return name.partition("[")[0]


def plan(reaching: Sequence[str], named: Callable[[str], bool], most: int = MOST) -> list[str]:
    """The instances to ask, of those that reach a mutant: every one that is `named`, then scenario by scenario.

    First comes one instance of each scenario, so that a run that ends early has seen as many as it could. Where there
    are more than `most` scenarios, those with the lowest hash are taken.
    """
    own = [name for name in reaching if named(name)]
    by_scenario: dict[str, list[str]] = {}
    for name in sorted((name for name in reaching if not named(name)), key=digest):
        by_scenario.setdefault(scenario_of(name), []).append(name)
    taken = [by_scenario[scenario] for scenario in sorted(by_scenario, key=digest)[:most]]
    siblings = chain.from_iterable(members[1:] for members in taken)
    return [*own, *(members[0] for members in taken), *islice(siblings, most)]


def noted(course: Course, reaching: Iterable[str]) -> dict[str, Any]:
    """The fields of the journal: `fell` is what deviated while the mutant acted, `unknown` what reaches it untold.

    What ran with the mutant and stood, and what does not reach it, is in neither.
    """
    fell = sorted(outcome.instance for outcome in course.outcomes if is_kill(outcome))
    stood = {outcome.instance for outcome in course.outcomes if outcome.verdict not in RED}
    unknown = sorted(set(reaching) - set(fell) - stood)
    return {"fell": fell, "unknown": unknown}
