"""Where streams over TCP and on UNIX legitimately differ: each with what it is and where it is written.

What is not in this list is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any


@dataclass
class Shut:
    """What one end has done so far, the same in both families."""

    reading: bool = False
    writing: bool = False
    closed: bool = False
    left_unread: bool = False
    """Whether it was closed with data that it had not read."""


@dataclass(frozen=True)
class Difference:
    """A call that gives one thing over TCP and another on UNIX, and when."""

    says: str
    source: str
    call: str
    applies: Callable[[Shut, Shut], bool]
    """Of the end that makes the call, and the other."""
    tcp: Collection[Any]
    unix: Collection[Any]


SENT = "sent"
"""Stands for the number of bytes that were to be sent."""
RESET = frozenset({"ECONNRESET", "EPIPE"})

DIFFERENCES = (
    Difference(
        "After a reset a send tells of it over TCP; on UNIX a send tells that nobody is there, a receive of the reset.",
        "send(2), ECONNRESET and EPIPE; Linux net/core/stream.c, sk_stream_error(); net/unix/af_unix.c",
        "send", lambda _, other: other.left_unread, RESET, RESET,
    ),
    Difference(
        "To an end that has closed TCP sends once more; a UNIX socket sees at once that nobody is there.",
        "RFC 9293 3.6, 3.10.7; unix(7), EPIPE",
        "send", lambda own, other: other.closed and not own.writing, {SENT, *RESET}, {*RESET},
    ),
    Difference(
        "What the other end will not read TCP takes none the less, or answers with a reset; on UNIX it cannot be sent.",
        "shutdown(2); RFC 1122 4.2.2.13; Linux net/unix/af_unix.c, unix_shutdown()",
        "send", lambda own, other: other.reading and not own.writing, {SENT}, {"EPIPE"},
    ),
    Difference(
        "When both ends have shut their sending side a TCP connection has ended; a UNIX socket stays connected.",
        "RFC 9293 3.6; shutdown(2), ENOTCONN",
        "shutdown", lambda own, other: (own.writing and other.writing) or other.closed, {None, "ENOTCONN"}, {None},
    ),
    Difference(
        "Who had ended the stream before it left data unread: TCP gives the end first, UNIX the reset.",
        "RFC 2525 2.17; Linux net/ipv4/tcp_input.c, tcp_reset(); net/unix/af_unix.c, unix_release_sock()",
        "recv", lambda own, other: other.left_unread and (other.writing or own.reading), {b"", *RESET}, {b"", *RESET},
    ),
    Difference(
        "The same, asked for with SO_ERROR.",
        "socket(7), SO_ERROR",
        "error", lambda own, other: other.left_unread and (other.writing or own.writing), {0, 32, 104}, {0, 104},
    ),
)  # fmt: skip


def between(call: str, own: Shut, other: Shut) -> Difference | None:
    """The difference that there may be in a call now; None where there is to be none."""
    return next((each for each in DIFFERENCES if each.call == call and each.applies(own, other)), None)
