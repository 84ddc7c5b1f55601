"""A run beside the fault dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reports import grouping, summary
from reports.diagnosis import dictionary as faults
from reports.diagnosis.dictionary import Dictionary, Fault
from reports.diagnosis.fitting import ENOUGH, Candidate, Diagnosis, Seen, diagnose
from reports.files import ResultsError
from reports.record import Instance, Results

ERROR = re.compile(r"\bE[A-Z0-9]{3,}\b")
"""The name of an errno, in a sentence."""
NARROW = 300
"""Instances that come by a fault: beyond these, coming by it says nothing."""


@dataclass(frozen=True)
class Told:
    """What a run amounts to: its causes, and its failures in groups."""

    diagnosis: Diagnosis | None
    """None where nothing deviates, or there is no dictionary."""
    groups: tuple[grouping.Group, ...]
    known: int = 0
    """Instances that the dictionary has."""
    without: str = ""
    """Why nothing is diagnosed although something deviates."""


def of_results(results: Results, dictionary: Dictionary | None = None) -> Told:
    """The causes and groups of a run, by this dictionary or the one that comes with the suite."""
    failed = [each for each in summary.unexpected(results) if each.verdict == "deviates"]
    if not failed:
        return Told(None, grouping.groups(results, None, ()))
    try:
        found = dictionary or faults.read()
    except ResultsError as error:
        return Told(None, grouping.groups(results, None, ()), without=str(error))
    diagnosis = diagnosed(results, found)
    accounted = [accounted_for(failed, cause, found) for cause in diagnosis.causes]
    together = grouping.groups(results, diagnosis, accounted, perhaps(failed, diagnosis, found))
    return Told(diagnosis, together, len(found.instances))


def diagnosed(results: Results, dictionary: Dictionary) -> Diagnosis:
    """What explains a run best."""
    seen, unknown = seen_in(results, dictionary)
    found = diagnose(dictionary, seen)
    observed = "\n".join(each.observed for each in map(grouping.decisive, summary.unexpected(results)) if each)
    causes = (replace(each, fault=in_its_words(each.fault, observed)) for each in found.causes)
    return Diagnosis(seen, tuple(causes), found.near, unknown)


def in_its_words(fault: Fault, observed: str) -> Fault:
    """Of faults with one signature the one first that speaks of the errors that were seen."""
    every = (replace(fault, equals=()), *fault.equals)

    def silence(each: Fault) -> int:
        told = ("no error",) if re.search(r"\bsucceeds?\b", each.deviation) else re.findall(ERROR, each.deviation)
        return -sum(observed.count(word) for word in told)

    first, *others = sorted(every, key=silence)
    return replace(first, equals=tuple(others))


def perhaps(failed: Iterable[Instance], diagnosis: Diagnosis, dictionary: Dictionary) -> frozenset[str]:
    """The ids of what comes by a lone cause and was not asked then, where nothing that fell stands under it."""
    if len(diagnosis.causes) != 1 or diagnosis.left or diagnosis.explained.bit_count() < ENOUGH:
        return frozenset()
    unasked = diagnosis.causes[0].fault.unknown
    places = ((each.id, dictionary.places.get(faults.known_as(each.id))) for each in failed)
    return frozenset(name for name, place in places if place is not None and unasked >> place & 1)


def seen_in(results: Results, dictionary: Dictionary) -> tuple[Seen, int]:
    """What fell and what stood in a run, and how many fell that the dictionary does not know.

    Deviations that a record names are left out: they have a cause already.
    """
    fell = [each.id for each in summary.unexpected(results) if each.verdict == "deviates"]
    stood = [each.id for each in results.instances if each.verdict == "conforms" and not each.stale]
    unknown = sum(faults.known_as(name) not in dictionary.places for name in fell)
    return Seen(dictionary.bits(fell), dictionary.bits(stood)), unknown


def accounted_for(failed: list[Instance], cause: Candidate, dictionary: Dictionary) -> frozenset[str]:
    """The ids of what a cause explains, and of what comes by it and was not asked then.

    Where nearly everything comes by a fault, that says little: then only claims count of which something falls.
    """
    claims = dictionary.claims_of(cause.fault.fell)
    is_narrow = cause.fault.unknown.bit_count() <= NARROW

    def belongs(instance: Instance) -> bool:
        place = dictionary.places.get(faults.known_as(instance.id))
        if place is not None and (cause.fault.fell | cause.fault.likely) >> place & 1:
            return True
        if place is None:
            return instance.claim in claims
        return bool(cause.fault.unknown >> place & 1) and (is_narrow or instance.claim in claims)

    return frozenset(each.id for each in failed if belongs(each))
