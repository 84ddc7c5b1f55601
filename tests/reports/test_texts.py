from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.texts import clean, columns, duration, first_line, offset, shortened, wrapped


def test_clean_removes_what_xml_cannot_hold():
    assert clean("a\x00b\x1b[31;1mred\x1b[0m\ud800\ufffe\tc\nd") == "abred\tc\nd"


def test_first_line_passes_over_empty_ones():
    assert first_line("\n  \n  said \nmore") == "said"
    assert first_line("") == ""


def test_wide_characters_take_two_columns():
    assert columns("ab") == 2
    assert columns("日本a") == 5


@given(st.text(), st.integers(3, 40))
def test_shortened_fits_and_keeps_the_beginning(text, width):
    short = shortened(text, width)

    assert columns(short) <= width
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(st.text(), st.integers(3, 40), st.integers(1, 4))
def test_wrapped_lines_fit_and_lose_nothing_in_silence(text, width, most):
    lines = wrapped(text, width, lines=most)

    assert 1 <= len(lines) <= most
    assert all(columns(line) <= width for line in lines)
    whole = "".join(clean(text).split())
    shown = "".join("".join(lines).split())
    assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1]))


def test_wrapped_breaks_before_options_rather_than_in_them():
    text = "SYN 0:0(0) win 65476 <mss 65476,sackOK,ts,nop,wscale 7>"

    assert wrapped(text, 40, lines=3) == ("SYN 0:0(0) win 65476", "<mss 65476,sackOK,ts,nop,wscale 7>")


def test_wrapped_fills_its_lines():
    assert wrapped("abc def ghi", 3, lines=3) == ("abc", "def", "ghi")
    assert wrapped("a b c d e", 5, lines=2) == ("a b c", "d e")


def test_wrapped_breaks_a_word_that_is_too_long():
    assert wrapped("abcdefghij", 4, lines=3) == ("abcd", "efgh", "ij")


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0"),
        (400, "+0 µs"),
        (31_000, "+31 µs"),
        (1_204_000, "+1.204 ms"),
        (999_999_900, "+1.000000 s"),
        (60_123_456_789, "+60.123457 s"),
    ],
)
def test_offset(nanoseconds, text):
    assert offset(nanoseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 ms"), (0.0041, "4.1 ms"), (0.0412, "41 ms"), (12.3, "12.30 s"), (125, "2 min 5 s")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text
