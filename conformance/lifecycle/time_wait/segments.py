"""Segments that no socket of ours would send, forged to look as if the closed end had sent them."""

from __future__ import annotations

import socket
from typing import Any

from fixtures.evidence.kernel_view import Ends
from fixtures.stage.families import Family
from fixtures.wire.wire import Wire

WHOLE = 1 << 32


def forge(wire: Wire, family: Family, server: Ends, flags: str, *, ahead: int = 0, newer: int | None = None) -> None:
    """Sends a segment to the end in TIME_WAIT, from its closed peer.

    Its first byte is `ahead` of the one that TIME_WAIT expects next; a number `newer` gives it a timestamp that
    much later than the last one, where None leaves the option out. `flags` are as Scapy has them: ``R``, ``FA``.
    """
    from scapy.layers.inet import TCP

    last = _last_fin(wire, server)
    fin = last[TCP]
    options = [] if newer is None else [("Timestamp", (_timestamp(fin) + newer, 0))]
    segment = type(last)(src=last.src, dst=last.dst) / TCP(
        sport=fin.sport, dport=fin.dport, seq=(fin.seq + 1 + ahead) % WHOLE, ack=fin.ack, flags=flags, options=options
    )
    with socket.socket(family.domain, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(bytes(segment), family.address(0, last.dst))


def _last_fin(wire: Wire, server: Ends) -> Any:
    """The FIN that the closed peer of `server` sent, with its IP header, absolute numbers and all."""
    from scapy.layers.inet import TCP

    wire.drain()
    port = int(server.remote.rpartition(":")[2])
    for frame in reversed(wire.frames):
        inner = frame.layers.payload
        if TCP in inner and inner[TCP].sport == port and inner[TCP].flags.F:
            return inner
    raise AssertionError("the wire has not seen the FIN of the closed end")


def _timestamp(tcp: Any) -> int:
    """The TSval of a segment."""
    options = dict(tcp.options)
    assert "Timestamp" in options, "the segment has no timestamp"
    return int(options["Timestamp"][0])
