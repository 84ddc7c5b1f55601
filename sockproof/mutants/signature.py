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


def plan(reaching: Sequence[str], named: Callable[[str], bool], bound: int | None = None) -> list[str]:
    """The instances to ask, of those that reach a mutant: what is `named`, and then a sample of the rest.

    Of the rest an instance of each scenario comes first, so that a run that ends early has seen as many as it could;
    where there are too many, those with the lowest hash are taken. Without a `bound` every named instance runs, and
    siblings of up to MOST other scenarios; with one, an instance each of so many others and twice so many named ones.
    """
    own = by_scenario(name for name in reaching if named(name))
    others = by_scenario(name for name in reaching if not named(name))
    if bound is not None:
        return [members[0] for members in (*own[: 2 * bound], *others[:bound])]
    taken = others[:MOST]
    siblings = chain.from_iterable(members[1:] for members in taken)
    return [*chain.from_iterable(own), *(members[0] for members in taken), *islice(siblings, MOST)]


def by_scenario(names: Iterable[str]) -> list[list[str]]:
    """Instances by scenario, both in an order of chance that is the same each time."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=digest):
        found.setdefault(scenario_of(name), []).append(name)
    return [found[scenario] for scenario in sorted(found, key=digest)]


def noted(course: Course, reaching: Iterable[str]) -> dict[str, Any]:
    """The fields of the journal: `fell` is what deviated while the mutant acted, `unknown` what reaches it untold.

    What ran with the mutant and stood, and what does not reach it, is in neither.
    """
    fell = sorted(outcome.instance for outcome in course.outcomes if is_kill(outcome))
    stood = {outcome.instance for outcome in course.outcomes if outcome.verdict not in RED}
    unknown = sorted(set(reaching) - set(fell) - stood)
    return {"fell": fell, "unknown": unknown}
