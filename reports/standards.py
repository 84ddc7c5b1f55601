"""The standards requirement by requirement: who decides each, and what this run found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports import summary
from reports.record import DECIDED, Claim, Instance, Results
from reports.requirements import Requirement, Standard
from reports.texts import Anchors

UNOBSERVABLE = "not-observable"
"""In place of a verdict: nothing that a socket or a packet shows would tell."""
OPEN = "undecided"
"""In place of a verdict: no claim decides it yet."""
PARTLY = "partly"
"""In place of a verdict: claims decide a part of it, and no claim the rest yet."""


@dataclass(frozen=True)
class RequirementView:
    """One requirement, what its claims amount to in this run, and those of them that are known."""

    requirement: Requirement
    verdict: str
    """Of this run; `UNOBSERVABLE` or `OPEN` where no run can have one."""
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class StandardView:
    """A standard with everything that it demands."""

    anchor: str
    standard: Standard
    rows: tuple[RequirementView, ...]

    @property
    def coverage(self) -> str:
        """How many of its requirements this run has decided, and why not the others."""
        ran = [row.verdict for row in self.rows]
        parts = [f"{sum(verdict in DECIDED for verdict in ran)} of {summary.several(len(ran), 'requirement')} decided"]
        if (hidden := ran.count(UNOBSERVABLE)) > 0:
            parts.append(f"{hidden} not observable")
        if (undecided := ran.count(OPEN)) > 0:
            parts.append(f"{undecided} without a claim")
        if (partly := ran.count(PARTLY)) > 0:
            parts.append(f"{partly} decided in part")
        return ", ".join(parts)


@dataclass(frozen=True)
class Tally:
    """How the items of a standard are answered, whatever has run."""

    name: str
    items: int
    decided: int
    """By claims, wholly."""
    partly: int
    unobservable: int
    open: int


def tallies(views: Sequence[StandardView]) -> tuple[Tally, ...]:
    """One for each standard, and where there are several one for all."""
    found = tuple(_tally(view.standard.name, [row.verdict for row in view.rows]) for view in views)
    every = _tally("all", [row.verdict for view in views for row in view.rows])
    return (*found, every) if len(found) > 1 else found


def _tally(name: str, verdicts: Sequence[str]) -> Tally:
    partly, hidden, undecided = (verdicts.count(each) for each in (PARTLY, UNOBSERVABLE, OPEN))
    return Tally(name, len(verdicts), len(verdicts) - partly - hidden - undecided, partly, hidden, undecided)


def standards(results: Results) -> tuple[StandardView, ...]:
    """Every standard of the results, in their order."""
    claims = {claim.id: claim for claim in results.claims}
    instances = summary.instances_by_claim(results)
    anchors = Anchors()
    return tuple(
        StandardView(
            anchors.name(f"standard-{standard.name}"),
            standard,
            tuple(_view(each, claims, instances) for each in standard.requirements),
        )
        for standard in results.standards
    )


def _view(
    requirement: Requirement, claims: Mapping[str, Claim], instances: Mapping[str, Sequence[Instance]]
) -> RequirementView:
    deciding = tuple(claims[name] for name in requirement.claims if name in claims)
    if requirement.unobservable:
        return RequirementView(requirement, UNOBSERVABLE, deciding)
    if not requirement.claims:
        return RequirementView(requirement, OPEN, deciding)
    if requirement.lacks:
        return RequirementView(requirement, PARTLY, deciding)
    ran = [instance for name in requirement.claims for instance in instances.get(name, ())]
    return RequirementView(requirement, summary.combined(ran), deciding)
