"""Time stamps as they stand on the wire, from the side of the scripted host."""

from __future__ import annotations

from fixtures.remote.host import Remote
from fixtures.wire.packet import Packet

OPTIONS = "<mss 1000,ts>"


def later(remote: Remote) -> int:
    """A time stamp later than any that this end has sent so far."""
    return remote.numbers.names["ts.now"] + 1000


def stamps(packet: Packet) -> tuple[int, int] | None:
    """TSval and TSecr of a segment; None where it has none."""
    found: tuple[int, int] | None = dict(packet.layers["TCP"].options).get("Timestamp")
    return found
