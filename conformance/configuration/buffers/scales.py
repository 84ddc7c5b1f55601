"""The window scale that a SYN announces, and the one that the other end has kept."""

from __future__ import annotations

import socket

from conformance.stream.sending.limits import most
from fixtures.evidence.kernel_view import tcp_info
from fixtures.wire.packet import Packet


def largest() -> int:
    """The largest SO_RCVBUF that may be asked for, in bytes; of a huge one a megabyte."""
    return min(most(socket.SO_RCVBUF), 1 << 20)


def announced(syn: Packet) -> int:
    """The window scale option of a SYN."""
    scale = dict(syn.options)["wscale"]
    assert scale is not None
    return scale


def kept(end: socket.socket) -> int:
    """The scale by which `end` reads the windows of its peer: the low half of tcpi_snd_wscale and tcpi_rcv_wscale."""
    return tcp_info(end).wscale & 0x0F
