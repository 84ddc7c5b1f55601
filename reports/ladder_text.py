"""A trace as lines of text: when, who, and what; for terminals and mails, where no picture is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.record import Event, Trace
from reports.texts import offset, visible

ANSWER = 100_000_000
"""Nanoseconds after a call in which its packets, and the answers to them, come."""

NAMING = ("getsockname()", "getpeername()")


def lines(trace: Trace) -> Iterator[str]:
    """Every event of a trace in a line."""
    yield from rows(trace.events, start(trace))
    if trace.omitted:
        yield f"{trace.omitted} more events were left out"


def start(trace: Trace) -> int:
    """The time from which the others are counted."""
    return min((event.at for event in trace.events), default=0)


def rows(events: Sequence[Event], since: int, *, timed: bool = True) -> Iterator[str]:
    """These events, their times and ends in columns; the times only where they are wanted."""
    told = [*cells(events, since)]
    first = max((len(time) for time, _, _ in told), default=0)
    second = min(max((len(who) for _, who, _ in told), default=0), 20)
    for time, who, text in told:
        yield f"{f'{time:>{first}}  ' if timed else ''}{who:{second}}  {text}".rstrip()


def cells(events: Sequence[Event], since: int) -> Iterator[tuple[str, str, str]]:
    """When, who, and what, of each."""
    yield from ((offset(event.at - since), ends(event), what(event)) for event in events)


def ends(event: Event) -> str:
    """Who it is about: an end, or the two ends of a packet."""
    return visible(f"{event.lane} > {event.to}" if event.kind == "packet" and event.to else event.lane)


def what(event: Event) -> str:
    """What happened, on one line, with what a call gave."""
    gave = f" -> {event.result}" if event.result is not None else ""
    waits = " (has not returned)" if event.kind == "call" and event.result is None and event.until is None else ""
    return " ".join(visible(f"{event.text}{gave}{waits}").split())


def own_calls(trace: Trace) -> list[Event]:
    """The calls of the scenario, without the names of its ends that the rig asks for when all is over."""
    calls = [event for event in trace.events if event.kind == "call"]
    last = max((at for at, each in enumerate(calls) if not each.text.startswith(NAMING)), default=-1)
    return calls[: last + 1] or calls


def before_the_end(trace: Trace) -> list[Event]:
    """The packets up to the last call of the scenario; what closing its ends sends later decides nothing."""
    packets = [event for event in trace.events if event.kind == "packet"]
    last = max((event.until or event.at for event in own_calls(trace)), default=None)
    return [each for each in packets if last is None or each.at <= last + ANSWER] or packets


def decisive(trace: Trace, most: int, *, timed: bool = True) -> tuple[str, list[str]]:
    """What they are called, and the last few packets in lines; of a scenario without packets the last few calls."""
    packets = before_the_end(trace)
    chosen = packets or own_calls(trace)
    left = len(chosen) - most
    shown = list(rows(chosen[-most:], start(trace), timed=timed))
    if left > 0:
        shown = [f"({left} before)", *rows(chosen[-most + 1 :], start(trace), timed=timed)]
    return "packets" if packets else "calls", shown
