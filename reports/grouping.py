"""What was unexpected, by what it has in common: one group for each cause, the claim nearest to the root first."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from reports import summary
from reports.diagnosis.fitting import Candidate, Diagnosis
from reports.record import VERDICTS, Check, Claim, Instance, Results

LEVELS = ("must", "should", "may", "documented", "observed")
"""How binding a claim is, the most binding first."""
FEWEST = 3
"""Claims that fail in the same words are one group from so many on; fewer are told one by one."""

_ENDS = "client|server|listener|peer|sender|receiver|first|second"
_VARYING = re.compile(rf"'[^']*'|\"[^\"]*\"|\b\d[\d.:a-f]*\b|\b({_ENDS})\b")
_CALL = re.compile(r"(?:\.|\b)([a-z]\w*)\(")
_CONSTANT = re.compile(r"\b(?!MSG_)[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
"""What a call is about; how it is made, as by MSG_DONTWAIT, does not matter."""

_ERROR = "|".join(sorted(errno.errorcode.values(), key=len, reverse=True))
_TELLING = re.compile(rf"\b(?:{_ERROR})\b|\bstill\b")
"""An error or a wait without end says by itself what is broken; a wrong value says it only together with its claim."""


@dataclass(frozen=True)
class Member:
    """A claim with the instances of it that failed; the one that tells it in the fewest words comes first."""

    claim: Claim
    instances: tuple[Instance, ...]

    @property
    def shown(self) -> Instance:
        """The instance whose evidence is shown."""
        return self.instances[0]

    @property
    def verdict(self) -> str:
        """The weightiest verdict of its instances."""
        return summary.combined(self.instances)


@dataclass(frozen=True)
class Group:
    """Failures that share a cause; the root comes first."""

    members: tuple[Member, ...]
    cause: Candidate | None = None
    """The fault that explains them, where one of the dictionary does."""
    is_certain: bool = True
    """Whether it is known that they fall under the cause; otherwise they come by it, and nothing speaks against it."""
    symptom: str = ""
    """What all of several claims have in common, in words, where no cause is known."""

    @property
    def root(self) -> Member:
        """The claim that is nearest to what is broken."""
        return self.members[0]

    @property
    def others(self) -> tuple[Member, ...]:
        """The other claims."""
        return self.members[1:]

    @property
    def instances(self) -> int:
        """How many instances are in it."""
        return sum(len(member.instances) for member in self.members)


def groups(
    results: Results,
    diagnosis: Diagnosis | None,
    explained: Sequence[frozenset[str]],
    perhaps: frozenset[str] = frozenset(),
) -> tuple[Group, ...]:
    """The unexpected instances of a run in groups: those of each cause, then by what they have in common.

    `explained` has for each cause of the diagnosis the ids that it accounts for, and `perhaps` those that a lone cause
    may account for. Our own errors come last.
    """
    left = list(summary.unexpected(results))
    claims = {claim.id: claim for claim in results.claims}
    found: list[Group] = []
    for cause, ids in zip(diagnosis.causes if diagnosis else (), explained, strict=True):
        taken = [each for each in left if each.id in ids]
        left = [each for each in left if each.id not in ids]
        found += [Group(members(taken, claims, cause.fault.claims), cause)] if taken else []
    kindred = [each for each in left if each.id in perhaps]
    if len({each.claim for each in kindred}) >= FEWEST and diagnosis:
        left = [each for each in left if each.id not in perhaps]
        found.append(Group(members(kindred, claims), diagnosis.causes[0], is_certain=False))
    rest = [Group(members(alike, claims), symptom=words) for words, alike in by_symptom(left)]
    return (*found, *sorted(rest, key=rank_of_group))


def rank_of_group(group: Group) -> tuple[int, int, int]:
    """By what groups without a cause are ordered: the verdict, the level, and how much is in it."""
    return VERDICTS.index(group.root.shown.verdict), level_rank(group.root.claim), -group.instances


def members(failed: Iterable[Instance], claims: dict[str, Claim], own: Sequence[str] = ()) -> tuple[Member, ...]:
    """Failed instances by claim: the claims that speak of the fault first, then by calls and level."""
    by_claim: dict[str, list[Instance]] = {}
    for each in failed:
        by_claim.setdefault(each.claim, []).append(each)
    found = [
        Member(claims.get(name) or unknown(name), tuple(sorted(instances, key=plainness)))
        for name, instances in by_claim.items()
    ]
    return tuple(sorted(found, key=lambda member: distance(member, own)))


def distance(member: Member, own: Sequence[str]) -> tuple[bool, int, int, int, str]:
    """How far a claim is from the root: whether it speaks of the fault, calls that its instance makes, its level."""
    verdict, calls, _ = plainness(member.shown)
    return member.claim.id not in own, verdict, calls, level_rank(member.claim), member.claim.id


def plainness(instance: Instance) -> tuple[int, int, str]:
    """By what the instances of a claim are ordered: deviations first, then those with the fewest calls."""
    return VERDICTS.index(instance.verdict), calls_of(instance), instance.id


def calls_of(instance: Instance) -> int:
    """How many calls an instance makes."""
    return sum(event.kind == "call" for event in instance.trace.events)


def level_rank(claim: Claim) -> int:
    """How binding a claim is; 0 is the most."""
    return LEVELS.index(claim.level) if claim.level in LEVELS else len(LEVELS)


def unknown(name: str) -> Claim:
    """A claim for instances whose own is not in the catalogue, as when a scenario could not be collected."""
    return Claim(name or "none", "This claim is not in the catalogue.", "", "", (), "without a claim")


def by_symptom(failed: Sequence[Instance]) -> Iterator[tuple[str, list[Instance]]]:
    """Failures in the same words, with these, where enough claims fail so; the others claim by claim, with none."""
    alike: dict[tuple[str, str], list[Instance]] = {}
    for each in failed:
        alike.setdefault((each.verdict, symptom(each)), []).append(each)
    apart: dict[str, list[Instance]] = {}
    for (_, words), instances in alike.items():
        if words and len({each.claim for each in instances}) >= FEWEST:
            yield words, instances
            continue
        for each in instances:
            apart.setdefault(each.claim, []).append(each)
    yield from (("", instances) for instances in apart.values())


def symptom(instance: Instance) -> str:
    """What was expected and seen, without what differs from one scenario to the next; empty where nothing tells.

    Of a call that failed it is the call with its error, whatever was expected of it instead.
    """
    failed = decisive(instance)
    if failed is None or not _TELLING.search(failed.observed):
        return ""
    if re.fullmatch(_ERROR, failed.observed) and (call := _CALL.search(failed.expected)):
        return f"{call[1]}({', '.join(_CONSTANT.findall(failed.expected))}) fails with {failed.observed}"
    return f"{plain_words(failed.expected)} was expected and {plain_words(failed.observed)} observed"


def decisive(instance: Instance) -> Check | None:
    """The first expectation that did not hold."""
    return next((check for check in instance.checks if not check.holds), None)


@cache
def plain_words(text: str) -> str:
    """`text` without names of ends, numbers and literals."""
    return " ".join(_VARYING.sub("*", text).split())[:200]
