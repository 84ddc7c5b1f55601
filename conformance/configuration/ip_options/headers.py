"""Fields of the IP header, out of captured Ethernet frames."""

from __future__ import annotations

from collections.abc import Iterable

from fixtures.wire.capture import Frame

IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
DONT_FRAGMENT, MORE = 0x4000, 0x2000
FRAGMENT_HEADER, MORE6 = 44, 0x01


def traffic_classes(frames: Iterable[Frame]) -> set[int]:
    """Type of service of IPv4, traffic class of IPv6 (RFC 791, RFC 8200)."""
    found = set()
    for frame in frames:
        header = frame.data[14:]
        if frame.data[12:14] == IPV4:
            found.add(header[1])
        elif frame.data[12:14] == IPV6:
            found.add((header[0] << 4 | header[1] >> 4) & 0xFF)
    return found


def fragment_fields(frames: Iterable[Frame]) -> list[int]:
    """Flags and offset of each IPv4 header."""
    return [int.from_bytes(frame.data[20:22], "big") for frame in frames if frame.data[12:14] == IPV4]


def fragments_with_more(frames: Iterable[Frame]) -> int:
    """How many frames are fragments that another one follows (RFC 791 3.1, RFC 8200 4.5)."""
    return sum(_more_follow(frame.data) for frame in frames)


def _more_follow(frame: bytes) -> bool:
    if frame[12:14] == IPV6:
        return frame[20] == FRAGMENT_HEADER and frame[57] & MORE6 != 0
    return frame[12:14] == IPV4 and int.from_bytes(frame[20:22], "big") & MORE != 0
