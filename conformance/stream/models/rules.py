"""What each call on a connected stream may give: all that the sources allow.

send(2), recv(2), shutdown(2), poll(2), socket(7), tcp(7), unix(7); RFC 1122 4.2.2.13; RFC 9293 3.5, 3.6, 3.10;
RFC 6093 3.1; RFC 2525 2.17.
"""

from __future__ import annotations

from collections.abc import Collection
from errno import ECONNRESET, EPIPE
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP
from typing import Any

from conformance.stream.models.sides import Side
from fixtures.models.looks import Bits

RESET = frozenset({"ECONNRESET", "EPIPE"})
"""Both are named by POSIX for a connection that is no more."""


def sending(side: Side, peer: Side, size: int, *, tcp: bool) -> Collection[Any]:
    """send(2), EPIPE; to an end that is closed TCP sends once more before the answer tells it (RFC 9293 3.6)."""
    if side.writing_shut:
        return {"EPIPE", *(RESET if side.broken else ())}
    if side.broken:
        return RESET
    if peer.closed:
        return {size} if tcp else {"EPIPE"}
    if peer.reading_shut and not tcp:
        return {"EPIPE"}
    return {size}


def refuses(side: Side) -> bool:
    """Whether TCP answers data with a reset: the end is closed, or shut both ways (RFC 1122 4.2.2.13)."""
    return side.closed or (side.reading_shut and side.writing_shut)


def receiving(side: Side, size: int) -> Collection[Any]:
    """recv(2): what is there, the end, or EAGAIN. A reset may take along what was not read (RFC 9293 3.10.7.4)."""
    data = side.peeked(size)
    if side.broken:
        silent = side.told or side.ended or side.reading_shut
        return {data, "ECONNRESET"} if data or silent else {"ECONNRESET"}
    if side.reading_shut:
        return {data, b""}
    if data or side.ended:
        return {data}
    return {"EAGAIN"}


def receiving_urgent(side: Side) -> Collection[Any]:
    """recv(2), MSG_OOB, and tcp(7): once, and not where it stands in line."""
    if side.inline or side.mark is None or side.taken:
        return {"EINVAL"}
    byte = side.inbox[side.mark : side.mark + 1]
    return {byte, "ENOTCONN", "ECONNRESET"} if side.broken else {byte}


def shutting(side: Side, peer: Side) -> Collection[Any]:
    """shutdown(2): once the connection has ended in both directions it may be none any more."""
    gone = side.broken or peer.closed or (side.writing_shut and peer.writing_shut)
    return {None, "ENOTCONN"} if gone else {None}


def resets(side: Side, peer: Side, *, abort: bool, tcp: bool) -> bool:
    """Whether close() resets: with unread data (RFC 2525 2.17), or asked to (RFC 9293 3.10.5), unless all has ended."""
    if not tcp:
        return bool(side.inbox)
    over = side.writing_shut and peer.writing_shut
    return (abort or bool(side.inbox)) and not over and not side.broken


def pending(side: Side) -> Collection[int]:
    """socket(7), SO_ERROR: told once. EPIPE where the other side had already ended the stream."""
    if not side.broken:
        return {0}
    if side.ended:
        return {0, ECONNRESET, EPIPE}
    return {0} if side.told else {ECONNRESET}


def unread(side: Side) -> Collection[int]:
    """tcp(7), SIOCINQ: all that is unread, or what comes before the mark."""
    return {len(side.inbox), side.mark if side.mark is not None and not side.inline else len(side.inbox)}


def events(side: Side, peer: Side, *, tcp: bool) -> Bits:
    """poll(2) and the table of socket(7): what must be set, and what may be beside."""
    unwritable = side.writing_shut or (peer.reading_shut and not tcp)
    over = side.ended and side.writing_shut
    required = [
        (POLLIN, side.ended or side.broken or side.readable >= side.low_water),
        (POLLRDHUP, side.ended),
        (POLLHUP, side.broken or over or (peer.closed and not tcp)),
        (POLLOUT, not (unwritable or side.broken or peer.closed)),
        (POLLPRI, side.mark is not None and not side.taken and not side.inline and not side.broken),
    ]
    allowed = [
        (POLLIN, side.reading_shut or (len(side.inbox) >= side.low_water) or (bool(side.inbox) and not tcp)),
        (POLLRDHUP, side.reading_shut or side.broken),
        (POLLHUP, (side.ended or side.reading_shut) and unwritable),
        (POLLERR, side.broken),
        (POLLOUT, True),
        (POLLPRI, side.mark is not None),
    ]
    return Bits(*(sum(bit for bit, holds in rows if holds) for rows in (required, allowed)))
