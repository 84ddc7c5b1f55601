"""Text made fit for a page: characters that XML forbids, lengths in columns, lines that do not overflow, times."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from unicodedata import east_asian_width

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (production 2, Char) leaves out: control characters, surrogates, two non-characters."""


_COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
"""What terminals take as a change of colour (ECMA-48, 5.4)."""


def clean(text: str) -> str:
    """`text` without terminal colours and without the characters that XML 1.0 cannot hold, not even escaped."""
    if text.isascii() and text.isprintable():  # nearly all text; the search would take ten times as long
        return text
    return _FORBIDDEN.sub("", _COLOUR.sub("", text))


_HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What steers a terminal, turns the direction of text, or is no character: shown by its number instead."""


def visible(text: str) -> str:
    """`text` for a terminal: nothing in it moves the cursor, and what cannot be seen is shown as ``\\x9b``."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), _COLOUR.sub("", text))


def first_line(text: str) -> str:
    """The first line that says something, without surrounding blanks."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


@lru_cache(maxsize=4096)
def columns(text: str) -> int:
    """How many columns of a fixed-width font `text` takes; East Asian wide characters take two."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def shortened(text: str, width: int) -> str:
    """`text`, or as much of its beginning as fits into `width` columns with an ellipsis."""
    if columns(text) <= width:
        return text
    return _head(text, width - 1).rstrip() + "…"


def _head(text: str, width: int) -> str:
    """The longest beginning of `text` that takes at most `width` columns; at least one character."""
    end = min(len(text), width)
    while end > 1 and columns(text[:end]) > width:
        end -= 1
    return text[: max(end, 1)]


@lru_cache(maxsize=4096)
def wrapped(text: str, width: int, *, lines: int) -> tuple[str, ...]:
    """`text` in at most `lines` lines of at most `width` columns, broken at blanks where there are any.

    What does not fit is cut off, with an ellipsis at the end.
    """
    rest = " ".join(clean(text).split())
    done: list[str] = []
    while columns(rest) > width and len(done) < lines - 1:
        end = _break(_head(rest, width + 1)) or len(_head(rest, width))
        done.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return (*done, shortened(rest, width))


def _break(head: str) -> int:
    """Where to end a line: at the last blank, if possible one outside of <angle brackets>; 0 if there is none."""
    blanks = [at for at, sign in enumerate(head) if sign == " "]
    outside = [at for at in blanks if head.count("<", 0, at) <= head.count(">", 0, at)]
    return (outside or blanks or [0])[-1]


def offset(nanoseconds: int) -> str:
    """A time since the first event, to the microsecond: ``+31 µs``, ``+1.204 ms``, ``+1.203112 s``; first ``0``."""
    microseconds = round(nanoseconds / 1000)
    if microseconds >= 1_000_000:
        return f"+{microseconds / 1_000_000:.6f} s"
    if microseconds >= 1_000:
        return f"+{microseconds / 1_000:.3f} ms"
    return f"+{microseconds} µs" if nanoseconds else "0"


def duration(seconds: float) -> str:
    """A duration for people: ``0.8 ms``, ``41 ms``, ``1.20 s``, ``2 min 5 s``."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def moment(nanoseconds: int) -> str:
    """A time since the epoch as a date: ``2026-11-21 02:46:40 UTC``."""
    return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"


class Anchors:
    """Names for places in the page: the text itself where it can be one, and each only once."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def name(self, text: str) -> str:
        """An anchor like `text`."""
        slug = re.sub(r"[^\w.-]+", "-", text).strip("-") or "unnamed"
        self._given[slug] += 1
        return slug if self._given[slug] == 1 else self.name(f"{slug}-{self._given[slug]}")
