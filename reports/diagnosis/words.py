"""A diagnosis in sentences, the same on the terminal, in the summary and in the report."""

from __future__ import annotations

from dataclasses import dataclass

from reports.diagnosis.fitting import Candidate, Diagnosis
from reports.diagnosis.of_results import Told
from reports.summary import percent, several

MOST_OF = 0.5
"""The share of the claims that fell from which on it is told that they fail alike."""
EQUALS = 3
"""So many faults of one signature are named; the others are counted."""


@dataclass(frozen=True)
class Line:
    """A fault in words."""

    fault: str
    says: str
    measure: str
    fit: str
    sign: str
    """``cause``: believed; ``or``: it could be that as well, by what has run; ``near``: the next likeliest."""


def headline(told: Told) -> str:
    """What is broken, in one sentence; empty where nothing deviates."""
    if told.diagnosis is None:
        return f"No cause is told: {told.without}" if told.without else ""
    causes = told.diagnosis.causes
    if not causes:
        alike = f" {shared}." if (shared := in_common(told)) else ""
        return f"Nothing in the dictionary of faults fits what fell.{alike}{left(told.diagnosis)}"
    number = ("one fault", "two faults at once", "three faults at once")[len(causes) - 1]
    rivals = "; ".join(each.fault.deviation.removesuffix(".") for each in told.diagnosis.rivals)
    doubt = f" What has run does not tell this from: {rivals}." if rivals else ""
    return f"It looks like {number}: {'; '.join(map(with_measure, causes))}.{doubt}{left(told.diagnosis)}"


def suspected(told: Told) -> str:
    """The causes alone, for a headline, or what most has in common; empty where none is believed and nothing is."""
    found = told.diagnosis.causes if told.diagnosis else ()
    if not found:
        return f"{shared}." if (shared := in_common(told)) else ""
    return f"Looks like: {'; '.join(each.fault.deviation.removesuffix('.') for each in found)}."


def in_common(told: Told) -> str:
    """What most claims that fell have in common, without a full stop; empty where that is nothing or has a cause."""
    claims = len({each.claim.id for group in told.groups for each in group.members})
    widest = max(told.groups, key=lambda group: len(group.members), default=None)
    if widest is None or not widest.symptom or len(widest.members) < MOST_OF * claims:
        return ""
    return f"{len(widest.members)} of {several(claims, 'claim')} fail alike: {widest.symptom}"


def with_measure(cause: Candidate) -> str:
    """What a fault does, and how well that fits."""
    return f"{cause.fault.deviation.removesuffix('.')} ({measure(cause)})"


def left(diagnosis: Diagnosis) -> str:
    """What no cause accounts for, as a sentence behind another; empty where all is explained."""
    rest, unasked, found = diagnosis.left.bit_count(), diagnosis.unasked.bit_count(), ""
    if unasked:
        verb = "makes" if unasked == 1 else "make"
        found += f" {several(unasked, 'deviation')} more {verb} the calls that this changes, and may come of it."
    if diagnosis.causes and rest:
        found += f" {several(rest, 'deviation')} more {'has' if rest == 1 else 'have'} another cause."
    if diagnosis.unknown:
        verb = "is" if diagnosis.unknown == 1 else "are"
        found += f" {several(diagnosis.unknown, 'deviation')} {verb} of scenarios that the dictionary does not know."
    return found


def lines(diagnosis: Diagnosis) -> list[Line]:
    """The faults that are named, the likeliest first."""
    rivals = diagnosis.rivals
    signs = [*("cause" for _ in diagnosis.causes), *("or" if each in rivals else "near" for each in diagnosis.near)]
    return [line(each, sign) for each, sign in zip(diagnosis.named, signs, strict=True)]


def line(candidate: Candidate, sign: str) -> Line:
    """A fault with the measure of its fit."""
    names = candidate.fault.names
    more = f" and {len(names) - EQUALS} more" if len(names) > EQUALS else ""
    signature = f"{' = '.join(names[:EQUALS])}{more}"
    return Line(signature, says(candidate), measure(candidate), percent(candidate.fit), sign)


def says(candidate: Candidate) -> str:
    """What it does; of several that fall alike, each in its own words."""
    equals = [candidate.fault.deviation, *(each.deviation for each in candidate.fault.equals[: EQUALS - 1])]
    return " Or: ".join(dict.fromkeys(equals))


def measure(candidate: Candidate) -> str:
    """``74 of 74 fall under it, nothing that would fall is missing``."""
    explained, told = candidate.explained.bit_count(), candidate.told.bit_count()
    missing, should = candidate.missing.bit_count(), (candidate.explained | candidate.missing).bit_count()
    absent = f"{missing} of {should} that would fall stand" if missing else "nothing that would fall is missing"
    verb = "falls" if explained == 1 else "fall"
    return f"{explained} of {told} {verb} under it, {absent}"
