"""A trace as a ladder diagram in SVG: calls on the lanes of their sockets, packets as arrows between them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape
from typing import Any, TypeVar

from reports import ladder_text
from reports.ladder_layout import (
    COLUMN,
    ELSEWHERE,
    GUTTER,
    HEAD,
    HEAD_BOX,
    LANE_COLUMNS,
    LINE,
    LOOP,
    PADDING,
    Bar,
    Layout,
    Row,
    destination,
    lanes_of,
    layout,
    outcome,
)
from reports.record import Event, Trace
from reports.texts import clean, columns, offset, shortened

T = TypeVar("T")

TIP = 7
"""Pixels from an arrow's end to the middle of its lane, where the bar of a call may be."""
BAR = 8
MOST_LANES = 8
"""A diagram of more lanes is a table."""
_PLAINLY = json.JSONEncoder(separators=(",", ":"))
EXACT = 2**53
"""From here on numbers of JavaScript are not exact."""


def draw(trace: Trace) -> str:
    """The diagram as two ``<svg>`` elements, coloured by the classes of templates/ladder.css: its heads, which can stay
    in sight while the other is scrolled, and all that is below them. templates/ladder.js draws the same.

    Text never leaves the picture: long text is wrapped, and what still does not fit is cut, with the whole of it
    in a ``<title>`` that browsers show beside the pointer.
    """
    plan = layout(trace)
    start = min((event.at for event in trace.events), default=0)
    body = "".join(
        (*_lifelines(plan), *(_bar(bar, plan) for bar in plan.bars), *(_row(plan, row, start) for row in plan.rows))
    )
    return (
        f'<svg class="heads ladder" aria-hidden="true" {_size(plan, 0, HEAD)}>{"".join(_heads(plan))}</svg>'
        f'<svg class="ladder" role="img" aria-label="{_said(in_words(trace))}" '
        f"{_size(plan, HEAD, plan.height - HEAD)}>{body}</svg>"
    )


def _size(plan: Layout, top: int, height: int) -> str:
    """Of a part of the picture, which keeps the coordinates of the whole."""
    return f'width="{plan.width}" height="{height}" viewBox="0 {top} {plan.width} {height}"'


def is_wide(trace: Trace) -> bool:
    """Whether it has more lanes than a diagram may have."""
    return len(lanes_of(trace)) > MOST_LANES


def table(trace: Trace) -> str:
    """The same as a table, for more lanes than anybody can follow with the eye."""
    rows = "".join(f"<tr><td>{escape(time)}</td><td>{escape(who)}</td><td><code>{escape(what)}</code></td></tr>"
                   for time, who, what in ladder_text.cells(trace.events, ladder_text.start(trace)))  # fmt: skip
    more = f'<tr><td colspan="3">{trace.omitted} more events were left out</td></tr>' if trace.omitted else ""
    heads = "<tr><th>time</th><th>who</th><th>what</th></tr>"
    return f'<table class="events"><thead>{heads}</thead><tbody>{rows}{more}</tbody></table>'


def data(trace: Trace) -> str | None:
    """The trace as templates/ladder.js takes it; None where it cannot."""
    return data_of({"lanes": trace.lanes, "events": [*map(vars, trace.events)], "omitted": trace.omitted})


def data_of(trace: Mapping[str, Any], most: int = sys.maxsize) -> str | None:
    """The same of the plain form of a trace, of which at most so many events are shown.

    None of what the script cannot draw: only printable ASCII is as wide as it is long, more lanes are a table, and
    events may lack what another writer leaves out. Times count from the first event, since numbers of JavaScript are no
    longer exact where they count from the epoch.
    """
    try:
        return _data_of(trace["lanes"], trace["events"], trace["omitted"], most)
    except KeyError:
        return None


def _data_of(lanes: Sequence[str], events: Sequence[Mapping[str, Any]], omitted: int, most: int) -> str | None:
    if is_broad(lanes, events):
        return None
    events = shortened_to(most, events)
    start = min([each["at"] for each in events], default=0)
    told = [
        (each["at"] - start, each["kind"], each["lane"], each["text"], each["result"],
         None if each["until"] is None else each["until"] - start, each["to"], each["failed"])
        for each in events
    ]  # fmt: skip
    words = "".join((*lanes, *[f"{row[2]}{row[3]}{row[4]}{row[6]}" for row in told]))
    if not (words.isprintable() and words.isascii()):
        return None
    if max([row[0] for row in told], default=0) >= EXACT or max([row[5] or 0 for row in told], default=0) >= EXACT:
        return None
    return _PLAINLY.encode((lanes, omitted, told))


def is_broad(lanes: Iterable[str], events: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a trace has more lanes than a diagram may have, by its plain form."""
    named = {*lanes, *[each["lane"] for each in events if each["kind"] != "note"]}
    named.update([each["to"] or ELSEWHERE for each in events if each["kind"] == "packet"])
    return len(named) > MOST_LANES


def abridged(trace: Trace, most: int) -> Trace:
    """`trace` if it has at most `most` events; else its beginning and its end, with a note between them."""
    if len(trace.events) <= most:
        return trace
    head, note, tail = _parted(trace.events, most, trace.events[most - most // 2].at)
    return replace(trace, events=(*head, note, *tail))


def shortened_to(most: int, events: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The same of the plain form of events."""
    if len(events) <= most:
        return events
    head, note, tail = _parted(events, most, events[most - most // 2]["at"])
    return [*head, vars(note), *tail]


def _parted(events: Sequence[T], most: int, at: int) -> tuple[Sequence[T], Event, Sequence[T]]:
    """The first and the last of too many events, and a note between them, which has the time of the first it is for.

    The end stays, because there the decision falls.
    """
    surplus = len(events) - most
    note = Event(at, "note", "", f"{surplus} more event{'s' * (surplus != 1)} omitted here")
    return events[: most - most // 2], note, events[len(events) - most // 2 :]


def in_words(trace: Trace) -> str:
    """What the picture shows, for those who cannot see it."""
    kinds = Counter(event.kind for event in trace.events)
    return (
        f"Ladder diagram: {kinds['call']} calls and {kinds['packet']} packets "
        f"on the lanes {', '.join(lanes_of(trace)) or 'of nobody'}"
    )


@lru_cache(maxsize=4096)
def _said(text: str) -> str:
    return escape(clean(text))


def _box(style: str, x: int, y: int, width: int, height: int) -> str:
    return f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>'


def _words(style: str, x: int, y: int, text: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{_said(text)}</text>'


def _heads(plan: Layout) -> Iterator[str]:
    for lane, x in plan.lanes.items():
        yield f'<path class="life" d="M{x} {HEAD_BOX}V{HEAD}"/>'
        yield _head(lane, x, 0)


def _lifelines(plan: Layout) -> Iterator[str]:
    for lane, x in plan.lanes.items():
        yield f'<path class="life" d="M{x} {HEAD}V{plan.bottom}"/>'
        yield from (_head(lane, x, top) for top in plan.heads[1:])


def _head(lane: str, x: int, top: int) -> str:
    """The name of a lane in its box."""
    name = shortened(lane, LANE_COLUMNS)
    half = round(columns(name) * COLUMN) // 2 + PADDING
    return _titled(_box("lane", x - half, top + 1, 2 * half, HEAD_BOX) + _words("lane", x, top + 17, name), lane, name)


def _titled(drawn: str, whole: str, shown: str) -> str:
    """What was drawn, with the whole text as a tooltip where only a part of it is to be seen."""
    if whole == shown or " ".join(clean(whole).split()) == shown:
        return drawn
    return f"<g><title>{_said(whole)}</title>{drawn}</g>"


def _bar(bar: Bar, plan: Layout) -> str:
    x = plan.lanes[bar.lane] - BAR // 2 + bar.depth * BAR
    return _box("bar open" if bar.open else "bar", x, bar.top, BAR, bar.bottom - bar.top)


def _row(plan: Layout, row: Row, start: int) -> str:
    """A row, told from its own top: rows that show the same are the same letters, which makes a packed page smaller."""
    draw_it = _DRAWN[row.kind]
    time = "" if row.at is None else _words("time", GUTTER - PADDING, row.centre + 4, offset(row.at - start))
    whole = f"{row.event.text} {outcome(row.event)}" if row.kind == "call" and row.number < 0 else row.event.text
    whole = outcome(row.event) if row.kind == "return" else whole
    drawn = _titled(draw_it(plan, row), whole.strip(), " ".join(row.lines).strip())
    return f'<g transform="translate(0 {row.top})">{time}{drawn}</g>'


def _boxed(plan: Layout, row: Row) -> str:
    """A call, or a note on a lane: a box with its lines in the middle of it."""
    x, half = plan.lanes[row.event.lane], row.text_width // 2 + PADDING
    style = "note" if row.kind == "note" else "call failed" if row.event.failed and row.number < 0 else "call"
    return _box(style, x - half, 2, 2 * half, row.height - 4) + _lines(style, x, 17, row)


def _returned(plan: Layout, row: Row) -> str:
    """The end of a long call: what it gave, or a mere line across its bar where it gave nothing."""
    x = plan.lanes[row.event.lane]
    if not any(row.lines):
        return f'<path class="end" d="M{x - BAR} {row.centre}h{2 * BAR}"/>'
    half, style = row.text_width // 2 + PADDING, "gave failed" if row.event.failed else "gave"
    return _box(style, x - half, 1, 2 * half, row.height - 2) + _lines(style, x, 14, row)


def _lines(style: str, x: int, baseline: int, row: Row) -> str:
    return "".join(_words(style, x, baseline + LINE * at, line) for at, line in enumerate(row.lines))


def _arrow(plan: Layout, row: Row) -> str:
    """A packet: a line from lane to lane, its text above it, beside the lane where it starts."""
    start, end = plan.lanes[row.event.lane], plan.lanes[destination(row.event)]
    way, y, style = (1 if end > start else -1), row.centre, _packet_style(row)
    line = f"M{start + way * TIP} {y}H{end - way * (TIP + 8)}"
    tip = f"M{end - way * TIP} {y}l{-way * 9} -4v8z"
    first = y - 5 - LINE * (len(row.lines) - 1)
    return f'<path class="{style}" d="{line}"/><path class="{style} tip" d="{tip}"/>' + _lines(
        style, (start + _beside(plan, start, way)) // 2, first, row
    )


def _beside(plan: Layout, place: int, way: int) -> int:
    """The place of the next lane to the right (1) or left (-1); a packet's text ends before it and crosses no lane."""
    return min((x for x in plan.lanes.values() if (x - place) * way > 0), key=lambda x: abs(x - place))


def _loop(plan: Layout, row: Row) -> str:
    """A packet to its own lane: a line that turns back, its text at the right."""
    x, y, style = plan.lanes[row.event.lane] + TIP, row.centre, _packet_style(row)
    line = f"M{x} {y - 6}h{LOOP - 14}q6 0 6 6t-6 6h-{LOOP - 22}"
    tip = f"M{x} {y + 6}l9 -4v8z"
    first = y + 4 - LINE * (len(row.lines) - 1) // 2
    return f'<path class="{style}" d="{line}"/><path class="{style} tip" d="{tip}"/>' + _lines(
        f"{style} left", x + LOOP - PADDING // 2, first, row
    )


def _packet_style(row: Row) -> str:
    return "packet rst" if row.event.text.startswith("RST") else "packet"


def _remark(plan: Layout, row: Row) -> str:
    return _lines("remark", GUTTER + PADDING, 14, row)


_DRAWN: dict[str, Callable[[Layout, Row], str]] = {
    "call": _boxed,
    "note": _boxed,
    "return": _returned,
    "open": _returned,
    "packet": _arrow,
    "loop": _loop,
    "remark": _remark,
}
