"""What else is not the same: target, kernel, settings, what the machines permit, and how the suite was run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.compare.sides import Side
from reports.record import Capability, Target
from reports.texts import moment

UNKNOWN = "not recorded"
APART = frozenset({"name", "kernel", "capabilities"})
"""Members of a target that are told by rows of their own."""
PASSING = frozenset({"started", "speed", "arguments"})
"""Facts that are others in each run."""


@dataclass(frozen=True)
class Fact:
    """One fact of the environment on every side."""

    name: str
    values: tuple[str, ...]

    @property
    def telling(self) -> bool:
        """Whether the sides do not all have the same, although they might."""
        return self.differs and self.name not in PASSING

    @property
    def differs(self) -> bool:
        """Whether the sides do not all have the same."""
        return len(set(self.values)) > 1


def facts(sides: Sequence[Side]) -> list[Fact]:
    """Every fact that some side has, in the order in which they are asked for."""
    by_side = [dict(_facts_of(side)) for side in sides]
    names = dict.fromkeys(name for each in by_side for name in each)
    return [Fact(name, tuple(each.get(name, UNKNOWN) for each in by_side)) for name in names]


def _facts_of(side: Side) -> Iterator[tuple[str, str]]:
    run, target = side.results.run, side.results.target
    yield "target", target.name
    yield "kernel", target.kernel
    yield from _members(target)
    yield "sockproof", run.sockproof
    yield "arguments", " ".join(run.arguments)
    yield "workers", str(run.workers)
    yield "started", moment(run.started)
    for capability in target.capabilities:
        yield f"can: {capability.name}", _answer(capability)


def _members(target: Target) -> Iterator[tuple[str, str]]:
    """What else is recorded of a target, whatever it is: a later writer tells more of it."""
    for name, value in vars(target).items():
        if name not in APART:
            yield from _flat("" if name == "environment" else name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A value as text; of a mapping each member by itself, so that two sides can be compared member by member."""
    members = vars(value) if hasattr(value, "__dataclass_fields__") else value
    if isinstance(members, Mapping):
        for inner, each in members.items():
            yield from _flat(f"{name}: {inner}" if name else str(inner), each)
    elif isinstance(members, (list, tuple)):
        yield name, ", ".join(map(str, members))
    elif members not in (None, ""):
        yield name, str(members)


def _answer(capability: Capability) -> str:
    return "yes" if capability.available else f"{capability.verdict}: {capability.probe}"
