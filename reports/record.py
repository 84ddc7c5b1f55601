"""What one run found, as frozen values that become plain JSON at the border.

The plugin builds these, the store writes them to ``results.json``, and every page is drawn from them.
Times are integers in nanoseconds since the epoch (CLOCK_REALTIME, the clock of the kernel's packet
timestamps), durations are floats in seconds, sizes are bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Literal, get_args

from reports.environment import Environment, environment_from
from reports.requirements import Standard, standard_from
from reports.source_documents import Document, Statement, document_from, statement_from

SCHEMA_VERSION = 1

Verdict = Literal["conforms", "deviates", "unsupported", "not-permitted", "inconclusive", "harness-error"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

DECIDED: frozenset[str] = frozenset({"conforms", "deviates"})
"""Verdicts that say something about the kernel."""

UNEXPECTED: frozenset[str] = frozenset({"deviates", "inconclusive", "harness-error"})
"""Verdicts that turn a run red, unless a deviation record of the target names them."""


@dataclass(frozen=True)
class Source:
    """Where a claim is written: a document (``socket(7)``, ``RFC 9293``) and the place in it."""

    document: str
    section: str


@dataclass(frozen=True)
class Area:
    """A folder of topics, and one line on what lives there."""

    name: str
    says: str


@dataclass(frozen=True)
class Fix:
    """A commit with which Linux came to behave as a claim says, or changed a part of it."""

    commit: str
    since: str
    """The first version that has it."""
    says: str
    """What it brought, as the beginning of "... since Linux 5.14"."""
    changes: bool = True
    """Whether the behaviour changed; else only how it is set or seen, which excuses no deviation."""
    stable: tuple[str, ...] = ()
    """The first release of each older branch that has it too: 6.12.88 means that one and what follows it of 6.12."""


@dataclass(frozen=True)
class Claim:
    """One checkable sentence of documented behaviour. See docs/claims.md for the fields."""

    id: str
    says: str
    level: str
    authority: str
    sources: tuple[Source, ...]
    topic: str
    documents: tuple[str, ...] = ()
    status: str | None = None
    really: str | None = None
    since: str | None = None
    """The first version of Linux that behaves so."""
    note: str | None = None
    untestable: str | None = None
    """Why no mutant can express that the claim is violated; the kill matrix shows it."""
    area: str = ""
    """The folder that the topic lies in; empty for a topic that lies in none."""
    until: str | None = None
    """The first version of Linux that no longer behaves so."""
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Check:
    """One expectation of a scenario: what was expected, and what was seen instead or as well."""

    expected: str
    observed: str
    holds: bool
    oracle: str = "calls"
    """Who answered: ``calls`` (results of system calls), ``wire`` or ``kernel`` (its own view)."""
    within: str | None = None
    citation: str | None = None
    """Where an accepted alternative is written, when not the claim's first outcome was seen."""


@dataclass(frozen=True)
class Event:
    """One moment of the trace: a call on a lane, or a packet from one lane to another."""

    at: int
    kind: Literal["call", "packet", "note"]
    lane: str
    text: str
    """As the scenario or the wire notation spells it: ``send(65536 bytes)``, ``FIN ACK 1:1(0) ack 1``."""
    result: str | None = None
    """What the call gave: a value, ``-> 4096`` without the arrow, or an errno name."""
    until: int | None = None
    """When the call returned."""
    to: str | None = None
    """The lane a packet goes to."""
    failed: bool = False
    """The call ended in an error."""


@dataclass(frozen=True)
class Trace:
    """Calls and packets on one timeline, and the lanes in the order in which they appeared."""

    lanes: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    omitted: int = 0
    """Events left out, because there were more than a reader can use."""


@dataclass(frozen=True)
class Instance:
    """One scenario with its parameters, and what came of it."""

    id: str
    """The pytest node id; file, function and parameters."""
    claim: str
    scenario: str
    """The function's name."""
    parameters: Mapping[str, str]
    verdict: Verdict
    duration: float
    reason: str | None = None
    """Why it is not ``conforms``: the failure message, or the probe that said no."""
    remedy: str | None = None
    """What would let a ``not-permitted`` scenario run."""
    expected: bool = False
    """A deviation record of this target names exactly this outcome, or the claim holds on other kernels only."""
    stale: bool = False
    """A deviation record of this target names this instance, which conforms: the record must go."""
    counts: bool = True
    """Whether the verdict can turn the run red."""
    parts: Mapping[str, Verdict] = field(default_factory=dict)
    """Verdict by oracle where they differ: calls may conform while the packets could not be seen."""
    checks: tuple[Check, ...] = ()
    trace: Trace = field(default_factory=Trace)
    pcap: str | None = None
    """Path of the capture, relative to the folder of results.json."""
    captured: int = 0
    """Frames captured."""
    dropped: int = 0
    """Frames that the capture socket lost."""
    source_file: str | None = None
    source_line: int | None = None
    doc: str | None = None
    worker: str = "main"
    details: str | None = None
    """The whole failure as pytest shows it."""
    known: str | None = None
    """Why the deviation was expected: the record's reason and link, or the version from which on the claim holds."""

    @property
    def plain_trace(self) -> Mapping[str, Any]:
        """The trace in its plain form; events of another writer may lack members that have a default."""
        trace = self.trace
        return {"lanes": trace.lanes, "events": [vars(event) for event in trace.events], "omitted": trace.omitted}


@dataclass(frozen=True)
class Capability:
    """One probe of what this machine permits: ``namespace``, ``capture``, ``sysctl:net.ipv4.tcp_syncookies``."""

    name: str
    available: bool
    verdict: Verdict | None = None
    """The verdict of a scenario that needs it where it is not available."""
    probe: str = ""
    """What was tried and what it answered."""
    remedy: str | None = None


@dataclass(frozen=True)
class Target:
    """The kernel under test, and the way in which the suite reached it."""

    name: str
    kernel: str
    machine: str
    python: str
    distribution: str = ""
    isolation: str = ""
    """``root``, ``user-namespace`` or ``loopback``: the rung of the ladder of capability."""
    capabilities: tuple[Capability, ...] = ()
    environment: Environment = field(default_factory=Environment)


@dataclass(frozen=True)
class Run:
    """One run, and whether it came to its end."""

    id: str
    started: int
    sockproof: str
    finished: int | None = None
    complete: bool = False
    interrupted: bool = False
    exit_code: int | None = None
    workers: int = 1
    arguments: tuple[str, ...] = ()
    collected: int = 0
    refused: str | None = None
    """Why nothing was run: the sentence about the kernel on which the rig cannot stand."""


@dataclass(frozen=True)
class Results:
    """All of results.json."""

    run: Run
    target: Target
    claims: tuple[Claim, ...]
    instances: tuple[Instance, ...]
    documents: tuple[Document, ...] = ()
    statements: tuple[Statement, ...] = ()
    """What the documents say that claims of this run decide, or that nothing can."""
    version: int = SCHEMA_VERSION
    areas: tuple[Area, ...] = ()
    """The areas of the catalogue, in the order of the report."""
    standards: tuple[Standard, ...] = ()
    """What standards demand that claims of this run decide, or that nothing can."""


def plain(value: Any) -> Any:
    """The same value made of dicts, lists, strings, numbers, booleans and None only."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(item) for name, item in vars(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def text(value: Any) -> str:
    """The plain form of a value as JSON on one line; the encoder walks it, which is ten times as fast as `plain`."""
    return json.dumps(value, default=_entries)


def _entries(value: Any) -> dict[str, Any]:
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{value!r} cannot be recorded: records hold text, numbers, lists, mappings and records")
    return vars(value)


def known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `data` that are fields of `kind`: a newer minor writer may have added others."""
    names = _names(kind)
    if data.keys() <= names:
        return dict(data)
    return {name: value for name, value in data.items() if name in names}


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(entry.name for entry in fields(kind))


def source_from(data: Mapping[str, Any]) -> Source:
    """A Source from its plain form."""
    return Source(**known(Source, data))


def fix_from(data: Mapping[str, Any]) -> Fix:
    """A Fix from its plain form."""
    values = known(Fix, data)
    return Fix(**{**values, "stable": tuple(values.get("stable", ()))})


def claim_from(data: Mapping[str, Any]) -> Claim:
    """A Claim from its plain form."""
    values = known(Claim, data)
    values["sources"] = tuple(source_from(entry) for entry in values.get("sources", ()))
    values["documents"] = tuple(values.get("documents", ()))
    values["fixes"] = tuple(fix_from(entry) for entry in values.get("fixes", ()))
    return Claim(**values)


def trace_from(data: Mapping[str, Any]) -> Trace:
    """A Trace from its plain form."""
    events = tuple(_event_from(entry) for entry in data.get("events", ()))
    return Trace(tuple(data.get("lanes", ())), events, data.get("omitted", 0))


def _event_from(data: Mapping[str, Any]) -> Event:
    """An Event from its plain form, made without its constructor: there are more of them than of anything else."""
    if len(data) < len(_names(Event)) or not data.keys() <= _names(Event):
        return Event(**known(Event, data))
    made = Event.__new__(Event)
    vars(made).update(data)
    return made


def checks_from(entries: Iterable[Mapping[str, Any]]) -> tuple[Check, ...]:
    """Checks from their plain form."""
    return tuple(Check(**known(Check, entry)) for entry in entries)


def instance_from(data: Mapping[str, Any]) -> Instance:
    """An Instance from its plain form."""
    values = known(Instance, data)
    values["checks"] = checks_from(values.get("checks", ()))
    values["trace"] = trace_from(values.get("trace", {}))
    return Instance(**values)


def target_from(data: Mapping[str, Any]) -> Target:
    """A Target from its plain form."""
    values = known(Target, data)
    values["capabilities"] = tuple(Capability(**known(Capability, entry)) for entry in values.get("capabilities", ()))
    values["environment"] = environment_from(values.get("environment", {}))
    return Target(**values)


def run_from(data: Mapping[str, Any]) -> Run:
    """A Run from its plain form."""
    values = known(Run, data)
    values["arguments"] = tuple(values.get("arguments", ()))
    return Run(**values)


def results_from(data: Mapping[str, Any]) -> Results:
    """Results from their plain form; the store has checked the version and the schema before."""
    return Results(
        run=run_from(data["run"]),
        target=target_from(data["target"]),
        claims=tuple(claim_from(entry) for entry in data["claims"]),
        instances=tuple(instance_from(entry) for entry in data["instances"]),
        documents=tuple(document_from(entry) for entry in data.get("documents", ())),
        statements=tuple(statement_from(entry) for entry in data.get("statements", ())),
        version=data["version"],
        areas=tuple(Area(**known(Area, entry)) for entry in data.get("areas", ())),
        standards=tuple(standard_from(entry) for entry in data.get("standards", ())),
    )
