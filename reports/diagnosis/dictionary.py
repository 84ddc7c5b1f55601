"""The fault dictionary: which instances fall under each imitated fault, as data that comes with the suite.

docs/diagnosis.md documents the file and the command that makes it. Sets of instances are integers, a bit for each
instance, so that counting what two of them share is one operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from reports.files import ResultsError, write_whole

SCHEMA = "sockproof-fault-dictionary"
VERSION = 1
SHIPPED = Path(__file__).with_name("faults.json")

MOST = 1_000_000
"""Instances that a dictionary can hold."""

_RUN = re.compile(r"\d+(-\d+)?")


@dataclass(frozen=True)
class Fault:
    """An imitated fault and its signature."""

    id: str
    deviation: str
    """What the broken kernel does, in one sentence."""
    violates: str
    claims: tuple[str, ...]
    """The claims that speak of it: where they fall, it is near."""
    fell: int
    """Instances that fall under it."""
    unknown: int = 0
    """Instances that reach it and were not asked, or came to no verdict."""
    likely: int = 0
    """Of the unknown ones those whose scenario fell with other parameters, or whose claim speaks of the fault."""
    equals: tuple[Fault, ...] = ()
    """Other faults with the same signature: no run of the suite tells them from this one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its id, and those of its equals."""
        return (self.id, *(each.id for each in self.equals))


@dataclass(frozen=True)
class Dictionary:
    """Faults, and the instances that were asked."""

    instances: tuple[str, ...]
    claims: tuple[str, ...]
    """The claim of each instance."""
    faults: tuple[Fault, ...]
    """Those under which something falls; of equal ones, one with the others."""
    silent: tuple[Fault, ...] = ()
    """Faults that were tried and under which nothing fell."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Each instance's bit."""

    def bits(self, names: Iterable[str]) -> int:
        """The instances as a set; those that are not in the dictionary are left out."""
        known = (self.places.get(known_as(name)) for name in names)
        return sum(1 << at for at in {at for at in known if at is not None})

    def names(self, bits: int) -> Iterator[str]:
        """The ids of a set of instances."""
        return (self.instances[at] for at in members(bits))

    def claims_of(self, bits: int) -> frozenset[str]:
        """The claims of a set of instances."""
        return frozenset(self.claims[at] for at in members(bits))


def known_as(name: str) -> str:
    """An instance as the dictionary has it: from the folder of the scenarios on, wherever that folder lies."""
    before, folder, rest = name.partition("conformance/")
    return folder + rest if folder else before


def members(bits: int) -> Iterator[int]:
    """The places of a set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def ranges(bits: int) -> str:
    """A set of places as text: ``0-4,9``."""
    runs: list[list[int]] = []
    for at in members(bits):
        if runs and runs[-1][1] == at - 1:
            runs[-1][1] = at
        else:
            runs.append([at, at])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def from_ranges(text: str) -> int:
    """The set that `ranges` has written. Raises ValueError."""
    found = 0
    for part in filter(None, text.split(",")):
        if not _RUN.fullmatch(part):
            raise ValueError(f"{part!r} is no range of instances")
        first, _, last = part.partition("-")
        if int(last or first) > MOST:
            raise ValueError(f"{part} lies beyond the instances that a dictionary can hold")
        found |= (1 << int(last or first) + 1) - (1 << int(first))
    return found


def made(instances: Mapping[str, str], faults: Sequence[Fault]) -> Dictionary:
    """A dictionary of instances with their claims, and faults, of which equal ones become one."""
    names = tuple(instances)
    audible = list(with_likely([fault for fault in faults if fault.fell], instances))
    places = {name: at for at, name in enumerate(names)}
    silent = tuple(fault for fault in faults if not fault.fell)
    return Dictionary(names, tuple(instances.values()), tuple(grouped(audible)), silent, places)


def with_likely(faults: Iterable[Fault], instances: Mapping[str, str]) -> Iterator[Fault]:
    """The faults, each with those of its unknown instances that fall as like as not."""
    by_scenario: dict[str, int] = {}
    by_claim: dict[str, int] = {}
    scenarios = [name.partition("[")[0] for name in instances]
    for at, (scenario, claim) in enumerate(zip(scenarios, instances.values(), strict=True)):
        by_scenario[scenario] = by_scenario.get(scenario, 0) | 1 << at
        by_claim[claim] = by_claim.get(claim, 0) | 1 << at
    for fault in faults:
        kin = 0
        for scenario in {scenarios[at] for at in members(fault.fell)}:
            kin |= by_scenario[scenario]
        for claim in fault.claims:
            kin |= by_claim.get(claim, 0)
        yield replace(fault, likely=fault.unknown & kin)


def grouped(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults, those of one signature as one with the others: the one that most claims of its own tell first."""
    by_signature: dict[tuple[int, int], list[Fault]] = {}
    for fault in faults:
        by_signature.setdefault((fault.fell, fault.unknown), []).append(fault)
    for first, *others in by_signature.values():
        yield replace(first, equals=tuple(others))


def joined(older: Dictionary, instances: Mapping[str, str], faults: Sequence[Fault]) -> Dictionary:
    """A dictionary with what a newer run has asked: its faults take the place of those of the same id.

    Whether an instance that the older one did not know falls under its faults is not known.
    """
    claims = {**dict(zip(older.instances, older.claims, strict=True)), **instances}
    names = ordered(claims)
    place = {name: at for at, name in enumerate(names)}
    unheard = sum(1 << place[name] for name in instances if name not in older.places)

    def moved(fault: Fault, known: Sequence[str], unheard: int = 0) -> Fault:
        fell, unknown = (
            sum(1 << place[known[at]] for at in members(bits)) for bits in (fault.fell, fault.unknown)
        )  # fmt: skip
        return replace(fault, fell=fell, unknown=unknown | unheard, equals=())

    found = {each.id: moved(each, older.instances, unheard) for each in every_fault(older)}
    found |= {each.id: moved(each, list(instances)) for each in faults}
    return made({name: claims[name] for name in names}, list(found.values()))


def every_fault(dictionary: Dictionary) -> list[Fault]:
    """The faults one by one, those of equal signatures and the silent ones too."""
    every = (*dictionary.faults, *dictionary.silent)
    return [replace(each, equals=()) for fault in every for each in (fault, *fault.equals)]


def write(path: Path, instances: Mapping[str, str], faults: Sequence[Fault], about: Mapping[str, Any]) -> None:
    """Writes a dictionary, a line for each fault and each file of scenarios. Raises ResultsError."""
    head = {"schema": SCHEMA, "version": VERSION, "made": dict(about)}
    files = [f" {json.dumps(file)}: {_compact(content)}" for file, content in _by_file(instances).items()]
    rows = [f" {_compact(_plain(fault))}" for fault in faults]
    text = json.dumps(head)[:-1] + ',\n"instances": {\n' + ",\n".join(files) + '\n},\n"faults": [\n'
    write_whole(path, text + ",\n".join(rows) + "\n]}\n")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _plain(fault: Fault) -> dict[str, Any]:
    words = {"id": fault.id, "deviation": fault.deviation, "violates": fault.violates, "claims": list(fault.claims)}
    return {**words, "fell": ranges(fault.fell), "unknown": ranges(fault.unknown)}


def _by_file(instances: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """Function by function of each file: the claim, and what stands in brackets, in the order of the instances."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, claim in instances.items():
        file, _, rest = name.partition("::")
        scenario, _, parameters = rest.partition("[")
        found.setdefault(file, {}).setdefault(scenario, [claim]).append(parameters.removesuffix("]"))
    return found


def ordered(instances: Iterable[str]) -> list[str]:
    """Instances in the order in which a dictionary holds them: by file and function."""
    return sorted(instances, key=lambda name: (name.partition("::")[0], name.partition("[")[0], name))


@cache
def read(path: Path = SHIPPED) -> Dictionary:
    """The dictionary in a file. Raises ResultsError with one sentence for one that cannot be read."""
    try:
        data = json.loads(path.read_text("utf-8"))
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ResultsError(f"{path} is no fault dictionary: name a faults.json of sockproof mutants --signatures.")
        if data.get("version") != VERSION:
            version = data.get("version")
            raise ResultsError(f"{path} has version {version}, and {VERSION} is known: use a newer sockproof.")
        return made(dict(_instances(data["instances"])), [_fault(table) for table in data["faults"]])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        advice = "make it again with sockproof mutants --signatures."
        raise ResultsError(f"{path} is no fault dictionary ({type(error).__name__}: {error}): {advice}") from error


def _instances(files: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, str]]:
    for file, scenarios in files.items():
        for scenario, (claim, *parameters) in scenarios.items():
            yield from ((f"{file}::{scenario}{f'[{each}]' if each else ''}", claim) for each in parameters)


def _fault(table: Mapping[str, Any]) -> Fault:
    words = (table["id"], table["deviation"], table["violates"], tuple(table["claims"]))
    return Fault(*words, from_ranges(table["fell"]), from_ranges(table["unknown"]))
