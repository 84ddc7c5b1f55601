"""Where everything of a ladder diagram stands: rows from the top in order of time, lanes from the left.

The vertical axis is order, not time: a trace spans from microseconds to seconds, and the times stand beside it.
Text is measured by counting columns, because nothing here can ask a browser; so the font is a fixed-width one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from reports.record import Event, Trace
from reports.texts import columns, wrapped

COLUMN = 6.7
"""Pixels that one column takes at most: 11 px times 0.602 em in the widest of the usual fonts, rounded up."""
LINE = 14
GUTTER = 94
PADDING = 8
GAP = 150
HEAD = 34
HEAD_BOX = 24
FOOT = 8
ROWS_BEFORE_SECOND_HEADS = 24
LINES = 3
ARROW_ROOM = 44
LOOP = 30
LANE_COLUMNS = 24
REMARK_COLUMNS = 72
ELSEWHERE = "elsewhere"
"""The lane of packets of which nobody knows where they go."""

RowKind = Literal["call", "return", "open", "packet", "loop", "note", "remark"]


class Row(NamedTuple):
    """One line of the diagram: a call, its return, a packet, or words across the whole width."""

    kind: RowKind
    event: Event
    at: int | None
    lines: tuple[str, ...]
    number: int = -1
    """The call to which it belongs: a return has the number of its call."""
    top: int = 0
    height: int = 0

    @property
    def middle(self) -> int:
        """The height at which the row's line or the centre of its box is, in pixels."""
        return self.top + self.centre

    @property
    def centre(self) -> int:
        """The same below its own top."""
        return self.height - 6 if self.kind == "packet" else self.height // 2

    @property
    def text_width(self) -> int:
        """Pixels that the widest line takes."""
        return round(max((columns(line) for line in self.lines), default=0) * COLUMN)


@dataclass(frozen=True)
class Bar:
    """A call that took until after other events, on its lane from its start to its return."""

    lane: str
    top: int
    bottom: int
    depth: int
    """How many other calls were under way on the lane when it began."""
    open: bool
    """It had not returned at the end of the trace."""


@dataclass(frozen=True)
class Layout:
    """The whole diagram; all lengths in pixels."""

    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    lanes: dict[str, int]
    """The horizontal place of each lane, in their order."""
    heads: tuple[int, ...]
    """Heights at which the names of the lanes stand: on top, and below a long diagram too."""
    bottom: int
    """Where the lanes end."""
    width: int
    height: int


def layout(trace: Trace) -> Layout:
    """Where the events of `trace` stand."""
    lanes = lanes_of(trace)
    rows = _stacked(_rows(trace, lanes))
    places, width = _places(lanes, rows)
    bottom = rows[-1].top + rows[-1].height + FOOT
    heads = (0, bottom) if len(rows) > ROWS_BEFORE_SECOND_HEADS else (0,)
    height = bottom + (HEAD if len(heads) > 1 else 0)
    return Layout(rows, tuple(_bars(rows, bottom)), places, heads, bottom, width, height)


def lanes_of(trace: Trace) -> tuple[str, ...]:
    """The lanes of the trace, and behind them those that only its events name."""
    named = dict.fromkeys(trace.lanes)
    for event in trace.events:
        if event.kind != "note":
            named[event.lane] = None
        if event.kind == "packet":
            named[destination(event)] = None
    return tuple(named)


def destination(event: Event) -> str:
    """The lane to which a packet goes."""
    return event.to or ELSEWHERE


def _rows(trace: Trace, lanes: Sequence[str]) -> list[Row]:
    room = {1: 72, 2: 72, 3: 46}.get(len(lanes), 34)
    starts = sorted(event.at for event in trace.events)
    found = [
        (row.at if row.at is not None else starts[-1], number, row)
        for number, event in enumerate(trace.events)
        for row in _rows_of(event, number, lanes, room, starts)
    ]
    unfinished = [row for _, _, row in found if row.kind == "open"]
    ordered = [row for _, _, row in sorted(found, key=lambda entry: entry[:2]) if row.kind != "open"]
    return [*ordered, *unfinished, *_remarks(trace)]


def _rows_of(event: Event, number: int, lanes: Sequence[str], room: int, starts: Sequence[int]) -> Iterator[Row]:
    if event.kind == "packet":
        kind: RowKind = "loop" if destination(event) == event.lane else "packet"
        yield Row(kind, event, event.at, wrapped(event.text, room, lines=LINES))
    elif event.kind == "note":
        kind, width = ("note", room) if event.lane in lanes else ("remark", REMARK_COLUMNS)
        yield Row(kind, event, event.at, wrapped(event.text, width, lines=LINES))
    else:
        yield from _call_rows(event, number, room, starts)


def _call_rows(event: Event, number: int, room: int, starts: Sequence[int]) -> Iterator[Row]:
    """One row, or two where other events began before the call returned, or where it never did."""
    unreturned = event.until is None and event.result is None and not event.failed
    if not unreturned and not _spans(event, starts):
        yield Row("call", event, event.at, _with_result(event, room))
        return
    yield Row("call", event, event.at, wrapped(event.text, room, lines=LINES), number)
    if unreturned:
        yield Row("open", event, None, ("no return",), number)
    else:
        yield Row("return", event, event.until, wrapped(outcome(event), room, lines=LINES), number)


def _spans(event: Event, starts: Sequence[int]) -> bool:
    """Whether another event began after this call and before its return."""
    return event.until is not None and bisect_left(starts, event.until) > bisect_right(starts, event.at)


def outcome(event: Event) -> str:
    """What a call gave, with the sign that tells success from an error without colour; empty if nothing."""
    if event.failed:
        return f"✗ {event.result or 'error'}"
    return f"→ {event.result}" if event.result not in (None, "") else ""


def _with_result(event: Event, room: int) -> tuple[str, ...]:
    """Call and result on one line where they fit, else the result on a line of its own."""
    both = f"{event.text} {outcome(event)}".rstrip()
    if columns(both) <= room:
        return wrapped(both, room, lines=1)
    result = wrapped(outcome(event), room, lines=1) if outcome(event) else ()
    return (*wrapped(event.text, room, lines=LINES - len(result)), *result)


def _remarks(trace: Trace) -> Iterator[Row]:
    if trace.omitted or not trace.events:
        said = f"{trace.omitted} more event{'s' * (trace.omitted != 1)} omitted" if trace.omitted else "no events"
        yield Row("remark", Event(0, "note", "", said), None, (said,))


_ROOM_BELOW = {"call": 12, "note": 12, "packet": 12, "loop": 16, "return": 6, "open": 6, "remark": 6}


def _stacked(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with their heights, one below the other."""
    stacked, top = [], HEAD
    for row in rows:
        height = LINE * len([line for line in row.lines if line]) + _ROOM_BELOW[row.kind]
        stacked.append(row._replace(top=top, height=max(height, LINE)))
        top += stacked[-1].height
    return tuple(stacked)


def _half(row: Row) -> int:
    return row.text_width // 2 + PADDING


def _places(lanes: Sequence[str], rows: Sequence[Row]) -> tuple[dict[str, int], int]:
    """The place of each lane, and the width of the whole: no text reaches a lane that is not its own."""
    halves = {lane: round(min(columns(lane), LANE_COLUMNS) * COLUMN) // 2 + PADDING for lane in lanes}
    gaps = [max(GAP, halves[left] + halves[right] + PADDING) for left, right in pairwise(lanes)]
    right_edge = 0
    for row in rows:
        if row.kind in ("call", "return", "open", "note"):
            halves[row.event.lane] = max(halves[row.event.lane], _half(row))
        right_edge = max(right_edge, _widen(gaps, list(lanes), row))
    gaps = [max(gap, *(halves[lane] + 14 for lane in lanes[at : at + 2])) for at, gap in enumerate(gaps)]
    return _summed(lanes, gaps, halves, right_edge, rows)


def _widen(gaps: list[int], lanes: list[str], row: Row) -> int:
    """Makes the gap beside a packet's source wide enough for its text; gives the room that it needs right of all."""
    if row.kind not in ("packet", "loop"):
        return 0
    start, end = lanes.index(row.event.lane), lanes.index(destination(row.event))
    needed = row.text_width + (LOOP + 2 * PADDING if row.kind == "loop" else ARROW_ROOM)
    gap = start - 1 if end < start else start
    if gap == len(gaps):
        return needed
    gaps[gap] = max(gaps[gap], needed)
    return 0


def _summed(
    lanes: Sequence[str], gaps: Sequence[int], halves: dict[str, int], right_edge: int, rows: Sequence[Row]
) -> tuple[dict[str, int], int]:
    remarks = max((row.text_width + 2 * PADDING for row in rows if row.kind == "remark"), default=0)
    if not lanes:
        return {}, GUTTER + remarks
    place, places = GUTTER + halves[lanes[0]], {}
    for lane, gap in zip(lanes, (*gaps, 0), strict=True):
        places[lane] = place
        place += gap
    end = places[lanes[-1]] + max(halves[lanes[-1]], right_edge) + PADDING
    return places, max(end, GUTTER + remarks)


def _bars(rows: Sequence[Row], bottom: int) -> Iterator[Bar]:
    ends = {row.number: row for row in rows if row.kind in ("return", "open")}
    under_way: dict[str, list[int]] = {}
    for row in rows:
        if row.kind != "call" or row.number not in ends:
            continue
        end, lane = ends[row.number], row.event.lane
        others = [until for until in under_way.get(lane, []) if until > row.top]
        under_way[lane] = [*others, end.middle]
        yield Bar(
            lane,
            row.top + row.height - 2,
            bottom if end.kind == "open" else end.middle,
            len(others),
            end.kind == "open",
        )
