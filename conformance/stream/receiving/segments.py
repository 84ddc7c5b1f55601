"""What the notation of packets has no word for."""

from __future__ import annotations

from fixtures.wire.wire import Wire


def urgent_pointers(wire: Wire) -> set[int]:
    """The urgent pointers of the segments so far that have the URG flag (RFC 9293, 3.1); a repetition has the same."""
    return {segment.layers["TCP"].urgptr for segment in wire.seen("* > * URG any")}
