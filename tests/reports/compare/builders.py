"""Sides with the verdicts that a test is about."""

from __future__ import annotations

from dataclasses import replace

from reports.compare.matrix import Comparison, compare
from reports.compare.names import distinct_names
from reports.compare.sides import Side
from reports.record import Check, Instance, Results
from tests.reports.samples import RESET, claim, instance, results, run, target


def deviating(observed: str, family: str = "ip4", **changes) -> Instance:
    check = Check("client.recv(1) gives b''", observed, holds=False)
    reason = f"expected  {check.expected}\nobserved  {observed}"
    return instance("deviates", family=family, checks=(check,), reason=reason, trace=RESET, **changes)


def found(*instances: Instance, name: str = "host", **changes) -> Results:
    """A run on the target of that name with one claim and these instances of it."""
    ran = changes.pop("ran", run())
    described = replace(target(name=name), **changes)
    return results(run=ran, target=described, claims=(claim(),), instances=instances, documents=(), statements=())


def compared(*sides: Results) -> Comparison:
    places = [f"place{number}" for number in range(len(sides))]
    names = distinct_names(sides, places)
    return compare([Side(name, place, each) for name, place, each in zip(names, places, sides, strict=True)])


def of_verdicts(*verdicts: str) -> Comparison:
    """One instance, with one of these verdicts on each side."""
    names = (found(_instance(verdict), name=f"side{number}") for number, verdict in enumerate(verdicts))
    return compared(*names)


def _instance(verdict: str) -> Instance:
    return deviating("b'x'") if verdict == "deviates" else instance(verdict)
