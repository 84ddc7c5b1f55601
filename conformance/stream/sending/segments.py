"""What the captured segments add up to."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.evidence.expect import JIFFY
from fixtures.wire.packet import Packet
from fixtures.wire.wire import Wire

CEILING = 0.2
"""Seconds for which a part of a segment is held back at most (tcp(7), TCP_CORK)."""


def before_the_ceiling(wire: Wire, *, since: int) -> list[int]:
    """The bytes of each of the client's segments that left before what was held back at `since` had to leave.

    `since` is in nanoseconds, as time.time_ns() gives it. What leaves later does so by right, and alone where the
    machine stood still between two calls.
    """
    sent = wire.seen("client > server any (1..)")
    return [segment.length for segment in sent if segment.at - since < (CEILING - JIFFY) * 1e9]


def reassembled(packets: Sequence[Packet]) -> bytes:
    """The stream that the client's segments carry, from the first byte on; repetitions count once.

    Ends where a byte is missing. Raises AssertionError when a repetition carries other bytes.
    """
    stream = b""
    segments = [packet for packet in packets if packet.source == "client" and packet.length > 0]
    for segment in sorted(segments, key=lambda segment: segment.sequence):
        at = segment.sequence - 1  # the SYN has number 0
        if at > len(stream):
            break
        old = stream[at : at + segment.length]
        assert segment.payload.startswith(old), f"{segment} repeats other bytes"
        stream += segment.payload[len(old) :]
    return stream


def beyond_window(packets: Sequence[Packet]) -> list[str]:
    """The client's segments that end behind what the server had allowed until then, in the order of the capture."""
    edge, scale, found = 0, 0, []
    for packet in packets:
        if packet.source == "client" and packet.length > 0 and packet.sequence + packet.length > edge:
            found.append(f"{packet} beyond {edge}")
        if packet.source == "server":
            scale = dict(packet.options).get("wscale", scale) or 0
            shift = 0 if "SYN" in packet.flags else scale  # RFC 7323 2.2: the window of a SYN is never scaled
            edge = max(edge, (packet.acknowledgement or 0) + (packet.window << shift))
    return found
