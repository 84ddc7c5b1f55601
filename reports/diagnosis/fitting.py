"""Which faults explain best what fell: a likelihood for each, and for few together.

The model, for an instance and a set of faults that are present: it falls almost surely if it fell under one of them,
perhaps if it reaches the fault and was not asked, and else only by something that is not in the dictionary. A set is
preferred to a smaller one where it is so much likelier as `WORTH` says. Nothing is estimated from the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product
from math import log, prod

from reports.diagnosis.dictionary import Dictionary, Fault

MOST = 3
"""Faults that are named."""
HIT = 0.97
"""Chance that what fell under a fault once falls under it again."""
LIKELY = 0.7
"""The same of what was not asked, where its scenario fell with other parameters or its claim speaks of the fault."""
MAYBE = 0.1
"""Chance that an instance falls that reaches a fault and was not asked; that it stands is not held against it."""
STRAY = 0.01
"""Chance that an instance falls under something else."""
WORTH = log(200.0)
"""What a further fault must bring to be believed beside another."""
FRESH = 2
"""Instances that fell and stand under the others, for a further fault to be believed; or all of its own."""
NEAR = 20
"""So many of the likeliest faults, and of the likeliest for what the first leaves, are tried in pairs."""
SURE = 0.8
"""Share of what fell or should have, on which a fault and the run must agree to be named as the cause."""
ENOUGH = 5
"""Instances that fell here and under a fault, for it to be believed alone where no few together are; or all of them."""
MANY, MOSTLY, WHOLE = 20, 0.5, 0.05
"""So many for one that fits less, at least so well, of which at most such a share of what would fall is missing."""
ALIKE = 1.0
"""Two faults whose scores differ by less are not told apart."""
NEARNESS = 0.1
"""The same share, below which a fault is not named at all."""
TRIFLE = 0.05
"""The share of all that fell, below which a fault says nothing of a run whose cause is not known."""


@dataclass(frozen=True)
class Seen:
    """What a run has to say: instances of the dictionary that fell, and that stood."""

    fell: int
    stood: int

    @property
    def told(self) -> int:
        """All that count."""
        return self.fell | self.stood


@dataclass(frozen=True)
class Candidate:
    """A fault beside a run, and the numbers of their agreement."""

    fault: Fault
    seen: Seen
    score: float
    """Logarithm of how much likelier the run is with the fault than without."""
    beside: int = 0
    """Instances that other faults of the same explanation account for, or may: they are not held against this one."""

    @property
    def explained(self) -> int:
        """Instances that fell here and fall under it, or did so with other parameters."""
        return (self.fault.fell | self.fault.likely) & self.seen.fell

    @property
    def perhaps(self) -> int:
        """The same, with those that come by it and were not asked."""
        return self.explained | (self.fault.unknown & self.seen.fell)

    @property
    def missing(self) -> int:
        """Instances that fall under it and stood here."""
        return self.fault.fell & self.seen.stood

    @property
    def unexplained(self) -> int:
        """Instances that fell here and stand under it."""
        return self.seen.fell & ~self.fault.fell & ~self.fault.unknown & ~self.beside

    @property
    def told(self) -> int:
        """Instances that fell here and of which it is known whether they fall under it."""
        return self.explained | self.unexplained

    @cached_property
    def fit(self) -> float:
        """From 0 to 1: of all that fell here or should have, the share on which they agree."""
        agreed = self.explained.bit_count()
        return agreed / (agreed + self.missing.bit_count() + self.unexplained.bit_count()) if agreed else 0.0


@dataclass(frozen=True)
class Diagnosis:
    """What explains a run, and what else came near."""

    seen: Seen
    causes: tuple[Candidate, ...]
    """Faults that are believed to be there, together; empty where nothing fits."""
    near: tuple[Candidate, ...]
    """Further faults, the likeliest first, so that there are MOST in all."""
    unknown: int = 0
    """How many instances fell that the dictionary does not know."""

    @property
    def named(self) -> tuple[Candidate, ...]:
        """All faults in the order in which they are told."""
        return (*self.causes, *self.near)

    @property
    def rivals(self) -> tuple[Candidate, ...]:
        """Those near that fit as well as a cause: what has run does not tell them apart."""
        least = min((cause.score for cause in self.causes), default=0.0) - ALIKE
        apart = [(each, single(each.fault, self.seen)) for each in self.near if self.causes]
        return tuple(each for each, by_itself in apart if by_itself.fit >= SURE and by_itself.score >= least)

    @property
    def explained(self) -> int:
        """What the causes account for."""
        return union(cause.explained for cause in self.causes)

    @property
    def left(self) -> int:
        """What fell although it stands under every cause."""
        return self.seen.fell & ~self.explained & ~union(cause.fault.unknown for cause in self.causes)

    @property
    def unasked(self) -> int:
        """What fell, comes by a cause, and was not asked when the dictionary was made."""
        return self.seen.fell & ~self.explained & ~self.left


def union(sets: Iterable[int]) -> int:
    """All that is in one of the sets."""
    found = 0
    for each in sets:
        found |= each
    return found


def diagnose(dictionary: Dictionary, seen: Seen, *, without: frozenset[str] = frozenset()) -> Diagnosis:
    """The faults that explain a run best; those whose ids are in `without` are not thought of."""
    thought = [f for f in dictionary.faults if (f.fell | f.likely) & seen.fell and without.isdisjoint(f.names)]
    singles = likeliest(thought, seen)
    believed = explanation(worth_trying(singles, thought, seen), seen)
    together = beside_one_another(believed, seen)
    causes = sure(together) or whole(together) or alone(singles)
    taken = {each.fault.id for each in causes}
    rest = [*together, *of_what_is_left(thought, seen, causes)[:1], *singles]
    near: dict[str, Candidate] = {}
    for each in rest:
        if each.fit >= NEARNESS and each.fault.id not in taken and (causes or tells(each)):
            near.setdefault(each.fault.id, each)
    return Diagnosis(seen, causes, tuple(near.values())[: MOST - len(causes)])


def tells(each: Candidate) -> bool:
    """Whether it accounts for so much of what fell that it is worth a look where no cause is known."""
    return each.explained.bit_count() >= TRIFLE * each.seen.fell.bit_count()


def sure(together: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those that fit, where they account for a few that fell, or for half of them: one of many says nothing."""
    found = tuple(each for each in together if each.fit >= SURE)
    explained = union(each.explained for each in found).bit_count()
    return found if found and explained >= min(ENOUGH, MOSTLY * found[0].seen.fell.bit_count()) else ()


def whole(together: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those of several that are there whole, where they account for most: a run may have more than are sought."""
    found = tuple(each for each in together if is_whole(each))
    if len(found) < 2:
        return ()
    explained = union(each.explained for each in found).bit_count()
    return found if explained >= MOSTLY * union(each.told for each in found).bit_count() else ()


def is_whole(each: Candidate) -> bool:
    """Whether a fault accounts for many, and nearly all that would fall under it fell."""
    explained = each.explained.bit_count()
    return explained >= MANY and each.missing.bit_count() <= WHOLE * explained


def alone(singles: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The likeliest fault, where it fits by itself: a pair may be likelier of which neither does."""
    return tuple(each for each in singles[:1] if fits_alone(each))


def fits_alone(each: Candidate) -> bool:
    """Whether a fault fits, or is there whole and accounts for most of a run with further causes, as in a sandbox."""
    explained = each.explained.bit_count()
    if each.fit >= SURE:
        return explained >= min(ENOUGH, each.seen.fell.bit_count())
    return is_whole(each) and each.fit >= MOSTLY


def likeliest(faults: Iterable[Fault], seen: Seen) -> list[Candidate]:
    """Those that make a run likelier, each alone, the likeliest first."""
    found = sorted((single(fault, seen) for fault in faults), key=standing, reverse=True)
    return [each for each in found if each.score > 0]


def worth_trying(singles: Sequence[Candidate], thought: Iterable[Fault], seen: Seen) -> list[Fault]:
    """The likeliest faults, and those that are likeliest for what the first of them leaves."""
    beside = of_what_is_left(thought, seen, singles[:1])[:NEAR]
    return [*{each.fault.id: each.fault for each in (*singles[:NEAR], *beside)}.values()]


def of_what_is_left(thought: Iterable[Fault], seen: Seen, causes: Sequence[Candidate]) -> list[Candidate]:
    """The likeliest faults for what fell and no cause accounts for."""
    explained = union(cause.explained for cause in causes)
    left = Seen(seen.fell & ~explained, seen.stood)
    if not causes or not left.fell:
        return []
    found = likeliest((fault for fault in thought if (fault.fell | fault.likely) & left.fell), left)
    return [Candidate(each.fault, seen, each.score, explained) for each in found]


def standing(candidate: Candidate) -> tuple[float, float]:
    """By what candidates are ordered: likelihood, then how many of its own claims have fallen."""
    return candidate.score, candidate.fit


def single(fault: Fault, seen: Seen) -> Candidate:
    """One fault alone beside a run."""
    return Candidate(fault, seen, likelihood((fault,), seen))


def likelihood(faults: Sequence[Fault], seen: Seen) -> float:
    """Logarithm of how much likelier a run is with these faults than with none."""
    total = 0.0
    for states in product((0, 1, 2, 3), repeat=len(faults)):
        if not any(states):
            continue
        region = seen.told
        for fault, state in zip(faults, states, strict=True):
            region &= parts(fault)[state]
        if region:
            chance = 1 - (1 - STRAY) * prod(1 - (0.0, HIT, LIKELY, MAYBE)[state] for state in states)
            total += gain(chance, region, seen, counts_standing=1 in states)
    return total


def parts(fault: Fault) -> tuple[int, int, int, int]:
    """All instances: those that stand under a fault, fall, fall as like as not, and those of which nothing is known."""
    return ~(fault.fell | fault.unknown), fault.fell, fault.likely, fault.unknown & ~fault.likely


def gain(chance: float, region: int, seen: Seen, *, counts_standing: bool) -> float:
    """What instances add that fall with this chance and not with STRAY."""
    fell, stood = (region & seen.fell).bit_count(), (region & seen.stood).bit_count()
    return fell * log(chance / STRAY) + (stood * log((1 - chance) / (1 - STRAY)) if counts_standing else 0.0)


def explanation(likely: Sequence[Fault], seen: Seen) -> tuple[Fault, ...]:
    """The faults, at most MOST, that are likeliest together; a further one only where it is worth it."""
    if not likely:
        return ()
    best = max(combinations(likely, 1), key=lambda few: likelihood(few, seen))
    twos = (few for few in combinations(likely, 2) if all_fresh(few, seen))
    pairs = max(twos, key=lambda few: likelihood(few, seen), default=best)
    if likelihood(pairs, seen) < likelihood(best, seen) + WORTH:
        return best
    threes = (few for each in likely if each not in pairs and all_fresh(few := (*pairs, each), seen))
    three = max(threes, key=lambda few: likelihood(few, seen), default=pairs)
    return three if likelihood(three, seen) >= likelihood(pairs, seen) + WORTH else pairs


def all_fresh(faults: Sequence[Fault], seen: Seen) -> bool:
    """Whether each accounts for what is known to stand under all of the others, and by more than a chance."""
    for fault in faults:
        others = union(other.fell | other.unknown for other in faults if other is not fault)
        if (fault.fell & seen.fell & ~others).bit_count() < min(FRESH, fault.fell.bit_count()):
            return False
    return True


def beside_one_another(faults: Sequence[Fault], seen: Seen) -> Sequence[Candidate]:
    """Candidates of one explanation, the likeliest first: what one may account for is not held against another."""
    alone = [single(fault, seen) for fault in faults]
    found = [
        replace(each, beside=union(other.perhaps for other in alone if other is not each)) for each in alone
    ]  # fmt: skip
    return sorted(found, key=standing, reverse=True)
