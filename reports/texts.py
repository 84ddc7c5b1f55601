"""Text made fit for a page: characters that XML forbids, lengths in columns, lines that do not overflow, times."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (production 2, Char) leaves out: control characters, surrogates, two non-characters."""


def clean(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold, not even escaped."""
    return _FORBIDDEN.sub("", text)


def first_line(text: str) -> str:
    """The first line that says something, without surrounding blanks."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


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


def wrapped(text: str, width: int, *, lines: int) -> tuple[str, ...]:
    """`text` in at most `lines` lines of at most `width` columns, broken at blanks where there are any.

    What does not fit is cut off, with an ellipsis at the end.
    """
    rest = " ".join(clean(text).split())
    done: list[str] = []
    while columns(rest) > width and len(done) < lines - 1:
        head = _head(rest, width + 1)
        end = head.rfind(" ")
        end = end if end > 0 else len(_head(rest, width))
        done.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return (*done, shortened(rest, width))


def offset(nanoseconds: int) -> str:
    """A time since the first event: ``+31 µs``, ``+1.204 ms``, ``+1.000 s``; ``0`` at the first."""
    if not nanoseconds:
        return "0"
    sign, size = ("+", nanoseconds) if nanoseconds > 0 else ("-", -nanoseconds)
    for unit, scale in (("s", 10**9), ("ms", 10**6)):
        if size >= scale:
            return f"{sign}{size / scale:.3f} {unit}"
    return f"{sign}{size / 1000:.{0 if size >= 1000 else 1}f} µs"


def duration(seconds: float) -> str:
    """A duration for people: ``0.8 ms``, ``41 ms``, ``1.20 s``, ``2 min 5 s``."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
