"""What the notation of packets has no word for."""

from __future__ import annotations

from fixtures.wire.wire import Wire


def urgent_pointers(wire: Wire) -> list[int]:
    """The urgent pointer of each segment so far that has the URG flag (RFC 9293, 3.1), repetitions included."""
    return [segment.layers["TCP"].urgptr for segment in wire.seen("* > * URG any")]
