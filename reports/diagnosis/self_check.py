"""How good the diagnosis is, measured on the dictionary itself: single faults, pairs, and faults taken out of it.

A run is imitated from a signature: of what falls some stands, and something else falls, by chance but the same each
time. How far a real run differs from that is for the tests to say, which make one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.diagnosis.dictionary import Dictionary, Fault, members
from reports.diagnosis.fitting import Diagnosis, Seen, diagnose, union

DROPPED = 0.05
"""Share of a signature that does not fall this time."""
STRAYS = 1
"""Instances that fall for another reason."""


@dataclass(frozen=True)
class Score:
    """One row of the table."""

    what: str
    of: int
    right: int
    least: float
    """The share that it must reach; for a share of mistakes, what it may not exceed."""
    mistakes: bool = False

    @property
    def share(self) -> float:
        """How many of all."""
        return self.right / self.of if self.of else 0.0

    @property
    def holds(self) -> bool:
        """Whether it is as good as it must be."""
        return self.share <= self.least if self.mistakes else self.share >= self.least


def imitated(dictionary: Dictionary, faults: Sequence[Fault], chance: random.Random, *, noise: bool = True) -> Seen:
    """A run under these faults. What reaches a fault and was not asked stands, as most of it does."""
    fell = union(fault.fell for fault in faults)
    every = (1 << len(dictionary.instances)) - 1
    if noise:
        for at in [*members(fell)]:
            if chance.random() < DROPPED and fell.bit_count() > 1:
                fell &= ~(1 << at)
        for _ in range(STRAYS):
            fell |= 1 << chance.randrange(len(dictionary.instances))
    return Seen(fell, every & ~fell)


def place(diagnosis: Diagnosis, fault: Fault) -> int | None:
    """Where a fault stands among those that are named, 0 being the first; None where it is not."""
    names = [each.fault.id for each in diagnosis.named]
    return names.index(fault.id) if fault.id in names else None


def sampled(faults: Sequence[Fault], number: int | None, chance: random.Random) -> list[Fault]:
    """So many of the faults, or all."""
    return list(faults) if number is None or number >= len(faults) else chance.sample(list(faults), number)


def table(dictionary: Dictionary, *, sample: int | None = None, seed: str = "sockproof") -> Iterator[Score]:
    """The rows of the table, of a sample of the faults or of all."""
    chance = random.Random(seed)
    chosen = sampled(dictionary.faults, sample, chance)
    yield from singles(dictionary, chosen, chance, noise=False)
    yield from singles(dictionary, chosen, chance, noise=True)
    yield pairs(dictionary, chosen, chance)
    yield from strangers(dictionary, chosen)


def singles(
    dictionary: Dictionary, faults: Sequence[Fault], chance: random.Random, *, noise: bool
) -> Iterator[Score]:  # fmt: skip
    """Whether each fault is named, and named first."""
    found = [place(diagnose(dictionary, imitated(dictionary, (f,), chance, noise=noise)), f) for f in faults]
    under = f" with noise ({DROPPED:.0%} stand, {STRAYS} more falls)" if noise else ""
    weight = [len(fault.names) for fault in faults]
    named = sum(w for w, at in zip(weight, found, strict=True) if at is not None)
    first = sum(w for w, at in zip(weight, found, strict=True) if at == 0)
    yield Score(f"one fault{under}: among the first three", sum(weight), named, 0.97)
    yield Score(f"one fault{under}: first", sum(weight), first, 0.90)


def pairs(dictionary: Dictionary, faults: Sequence[Fault], chance: random.Random) -> Score:
    """Whether two faults at once are both named."""
    shuffled = chance.sample(list(faults), len(faults))
    every = list(zip(shuffled, [*shuffled[1:], *shuffled[:1]], strict=True)) if len(shuffled) > 1 else []
    found = [(diagnose(dictionary, imitated(dictionary, pair, chance)), pair) for pair in every]
    both = sum(all(place(diagnosis, fault) is not None for fault in pair) for diagnosis, pair in found)
    return Score("two faults at once, with noise: both named", len(every), both, 0.80)


def strangers(dictionary: Dictionary, faults: Sequence[Fault]) -> Iterator[Score]:
    """How often a fault that is not in the dictionary is given the name of another with confidence.

    A fault of which a near relative is there is not counted against it: that relative's name leads to the place.
    """
    wrong, near = 0, 0
    for fault in faults:
        seen = imitated(dictionary, (fault,), random.Random(fault.id), noise=False)
        causes = diagnose(dictionary, seen, without=frozenset(fault.names)).causes
        related = bool(causes) and all(set(cause.fault.claims) & set(fault.claims) for cause in causes)
        near += related
        wrong += bool(causes) and not related
    yield Score("a fault that is not in it: a stranger named as the cause", len(faults), wrong, 0.05, mistakes=True)
    yield Score("a fault that is not in it: a relative named as the cause", len(faults), near, 1.0, mistakes=True)
