"""Where two traces part: the first call that was not made alike, or did not end alike."""

from __future__ import annotations

from collections.abc import Sequence

from reports.compare.matrix import masked
from reports.record import Event, Trace


def parting(traces: Sequence[Trace]) -> tuple[str, ...] | None:
    """The first call that is not the same everywhere, as each trace has it; None where all calls are alike.

    Numbers are passed over: ports and descriptors are others in each run. So are packets, which come when they come.
    """
    calls = [[event for event in trace.events if event.kind == "call"] for trace in traces]
    for place in range(max(map(len, calls), default=0)):
        here = [each[place] if place < len(each) else None for each in calls]
        if len({_likeness(event) for event in here}) > 1:
            return tuple(map(_told, here))
    return None


def _likeness(event: Event | None) -> tuple[str, ...]:
    return (event.lane, masked(event.text), masked(event.result or "")) if event else ()


def _told(event: Event | None) -> str:
    if event is None:
        return "no further call"
    called = f"{event.lane}.{event.text}" if event.lane else event.text
    return f"{called} → {event.result}" if event.result else called
