"""What the notation of packets has no word for."""

from __future__ import annotations

from fixtures.wire.wire import Wire

ETHERNET, IP6_HEADER = 14, 40
URG = 0x20


def urgent_pointers(wire: Wire) -> list[int]:
    """The urgent pointer of each segment so far that has the URG flag (RFC 9293, 3.1), repetitions included."""
    wire.settle()
    segments = (tcp_header(frame.data) for frame in wire.frames)
    return [int.from_bytes(header[18:20], "big") for header in segments if header[13] & URG]


def tcp_header(frame: bytes) -> bytes:
    """The first 20 bytes behind the IP header of a frame; of one that is too short zeros."""
    first = frame[ETHERNET] if len(frame) > ETHERNET else 0
    size = (first & 0x0F) * 4 if first >> 4 == 4 else IP6_HEADER
    return frame[ETHERNET + size : ETHERNET + size + 20].ljust(20, b"\0")
