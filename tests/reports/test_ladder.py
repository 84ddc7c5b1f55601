from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings

from reports.ladder import abridged, draw
from reports.ladder_layout import COLUMN, layout
from reports.record import Event, Trace
from reports.texts import columns
from tests.reports import strategies
from tests.reports.samples import FIVE, INJECTION, RESET, START, THREE, call, note, packet

ASCENT, DESCENT = 9, 3
LONG = Trace(("client",), tuple(call("client", at, f"send({at})", "1") for at in range(40)))
BACKWARDS = Trace(("a", "b", "c"), (packet("c", "b", 0, "PSH ACK 1:65484(65483) ack 1 win 512 one two"),))
STARTS_LEFT = {"left", "remark"}


def drawn(trace):
    """The picture, each text and line at its height in the whole of it."""
    whole = ElementTree.fromstring(f"<div>{draw(trace)}</div>")
    heads, picture = whole
    picture[:] = [*heads, *picture]
    picture.set("height", str(int(heads.get("height")) + int(picture.get("height"))))
    for group in picture.iterfind("./g[@transform]"):
        down = int(re.fullmatch(r"translate\(0 (\d+)\)", group.get("transform"))[1])
        for text in group.iter("text"):
            text.set("y", str(int(text.get("y")) + down))
        for path in group.iter("path"):
            start, height, rest = re.fullmatch(r"(M\d+ )(-?\d+)(.*)", path.get("d")).groups()
            path.set("d", f"{start}{int(height) + down}{rest}")
    return picture


def texts(picture):
    return [(element.get("class"), element.text or "") for element in picture.iter("text")]


def said(picture, style):
    return [text for name, text in texts(picture) if style in name.split()]


def extent(element):
    """Left, top, right and bottom of a text, by the same measure of a column as the drawing's."""
    style, x, y = set(element.get("class").split()), int(element.get("x")), int(element.get("y"))
    width = columns(element.text or "") * COLUMN
    left = x - width if "time" in style else x if style & STARTS_LEFT else x - width / 2
    return left, y - ASCENT, left + width, y + DESCENT


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(strategies.traces)
@example(RESET)
@example(THREE)
@example(FIVE)
@example(LONG)
@example(BACKWARDS)
@settings(max_examples=120, deadline=None)
def test_text_stays_inside_and_never_overlaps(trace):
    picture = drawn(trace)
    extents = [extent(element) for element in picture.iter("text") if element.text]
    width, height = int(picture.get("width")), int(picture.get("height"))

    for left, top, right, bottom in extents:
        assert left >= 0
        assert top >= 0
        assert right <= width + 1
        assert bottom <= height
    assert not [pair for pair in combinations(extents, 2) if overlap(*pair)]


@given(strategies.traces)
@example(BACKWARDS)
@settings(max_examples=60, deadline=None)
def test_packet_text_crosses_no_lane(trace):
    plan, picture = layout(trace), drawn(trace)

    for element in picture.iter("text"):
        if "packet" in element.get("class").split() and element.text:
            left, _, right, _ = extent(element)
            assert not [lane for lane, x in plan.lanes.items() if left < x < right]


@given(strategies.traces)
@settings(max_examples=60, deadline=None)
def test_rows_follow_each_other_in_time(trace):
    rows = layout(trace).rows
    times = [row.at for row in rows if row.at is not None]

    assert times == sorted(times)
    assert all(upper.top + upper.height == lower.top for upper, lower in pairwise(rows))


def test_lanes_stand_in_their_order():
    assert said(drawn(THREE), "lane") == ["listener", "client", "server"]
    assert list(layout(THREE).lanes.values()) == sorted(layout(THREE).lanes.values())


def test_a_lane_that_only_events_name_is_added():
    assert said(drawn(FIVE), "lane") == ["sender", "member", "other", "stranger", "239.1.2.3", "elsewhere"]


def test_times_count_from_the_first_event():
    assert said(drawn(RESET), "time")[:4] == ["0", "+12 µs", "+20 µs", "+27 µs"]


def test_a_short_call_and_its_result_are_one_box():
    assert "accept() → fd 7" in said(drawn(RESET), "call")


def test_a_failed_call_is_marked_by_sign_and_style():
    trace = Trace(("client",), (call("client", 0, "send(1)", "EPIPE", failed=True),))

    assert said(drawn(trace), "failed") == ["send(1) ✗ EPIPE"]


def test_a_failed_call_that_took_long_is_marked_where_it_returned():
    trace = Trace(("a", "b"), (call("a", 0, "recv(1)", "EAGAIN", until=9, failed=True), packet("a", "b", 5, "SYN")))

    assert said(drawn(trace), "failed") == ["✗ EAGAIN"]


def test_a_call_that_spans_packets_is_a_bar_from_start_to_return():
    plan = layout(RESET)
    receive = next(bar for bar in plan.bars if bar.lane == "server")
    began = next(row for row in plan.rows if row.lines == ("recv(1)",))
    ended = next(row for row in plan.rows if row.lines == ("✗ ECONNRESET",))
    reset = next(row for row in plan.rows if row.lines[0].startswith("RST"))

    assert began.top < receive.top < reset.top < receive.bottom == ended.middle
    assert said(drawn(RESET), "gave") == ["→ 0", "✗ ECONNRESET"]


def test_calls_under_way_at_once_have_bars_side_by_side():
    assert [bar.depth for bar in layout(FIVE).bars if bar.lane == "other"] == [0, 1]


def test_a_call_that_never_returned_stays_open_to_the_end():
    plan = layout(FIVE)
    bar = plan.bars[-1]

    assert bar.open
    assert bar.bottom == plan.bottom
    assert "no return" in said(drawn(FIVE), "gave")


def test_arrows_point_at_their_destination():
    trace = Trace(("client", "server"), (packet("client", "server", 0, "SYN"), packet("server", "client", 1, "ACK")))
    client, server = layout(trace).lanes.values()
    tips = [path.get("d") for path in drawn(trace).iter("path") if "tip" in path.get("class")]

    assert tips[0].startswith(f"M{server - 7} ")
    assert tips[1].startswith(f"M{client + 7} ")


def test_a_reset_looks_different():
    assert said(drawn(RESET), "rst") == ["RST ACK 1:1(0) ack 1 win 512"]


def test_packet_text_stands_right_above_its_line():
    picture = drawn(RESET)
    lines = [
        int(path.get("d").split()[1].partition("H")[0])
        for path in picture.iter("path")
        if path.get("class") in ("packet", "packet rst")
    ]
    last = [int(text.get("y")) for text in picture.iter("text") if "packet" in text.get("class").split()]

    assert [line - text for line, text in zip(lines, last, strict=True)] == [5] * 4


def test_a_packet_to_its_own_lane_turns_back():
    assert [row.kind for row in layout(THREE).rows].count("loop") == 2


def test_notes_stand_on_their_lane_or_across():
    trace = Trace(("client",), (note("client", 0, "here"), note("", 1, "everywhere")))

    assert said(drawn(trace), "note") == ["here"]
    assert said(drawn(trace), "remark") == ["everywhere"]


@pytest.mark.parametrize(("number", "text"), [(1, "1 more event omitted"), (12, "12 more events omitted")])
def test_omitted_events_are_counted(number, text):
    assert said(drawn(Trace(("a",), RESET.events, number)), "remark") == [text]


@pytest.mark.parametrize("most", [4, 5, 10])
def test_an_abridged_trace_counts_what_it_leaves_out(most):
    short = abridged(RESET, most)
    left_out = len(RESET.events) - most

    assert [event.text for event in short.events if event not in RESET.events] == [
        f"{left_out} more event{'s' if left_out > 1 else ''} omitted here"
    ]
    assert (short.events[0], short.events[-1], len(short.events)) == (RESET.events[0], RESET.events[-1], most + 1)


def test_a_short_trace_is_not_abridged():
    assert abridged(RESET, len(RESET.events)) is RESET


def test_an_empty_trace_says_so():
    assert said(drawn(Trace()), "remark") == ["no events"]


def test_cut_text_is_whole_in_a_tooltip():
    long = THREE.events[7]

    assert f"{long.text} ✗ EAGAIN" in [title.text for title in drawn(THREE).iter("title")]


def test_text_that_is_all_there_has_no_tooltip():
    assert not list(drawn(RESET).iter("title"))


def test_a_long_diagram_repeats_the_lanes_below():
    assert said(drawn(LONG), "lane") == ["client", "client"]


def test_markup_in_a_trace_is_text():
    assert INJECTION in [text for _, text in texts(drawn(FIVE))]
    assert "<script" not in draw(FIVE)


def test_control_characters_do_not_break_the_picture():
    assert said(drawn(Trace(("a\x00",), (Event(START, "call", "a\x00", "send('\x1b')", "1", START),))), "call") == [
        "send('') → 1"
    ]


def test_the_picture_is_named_for_those_who_cannot_see_it():
    assert drawn(RESET).get("role") == "img"
    assert drawn(RESET).get("aria-label") == "Ladder diagram: 6 calls and 4 packets on the lanes client, server"
