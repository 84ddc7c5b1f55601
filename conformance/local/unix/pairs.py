"""Connected pairs of UNIX sockets that socketpair(2) makes."""

from __future__ import annotations

import socket

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.peers import Pair, Peers


def pair(peers: Peers, kind: int, flags: int = 0) -> Pair:
    """Two unnamed sockets that are connected to each other. Raises OSError."""
    ends = socket.socketpair(socket.AF_UNIX, kind | flags)
    lanes = zip(("client", "server"), ends, strict=True)
    first, second = (
        RecordedSocket(peers.recorder, lane, end.family, end.type, end.proto, end.detach()) for lane, end in lanes
    )
    return Pair(peers.adopt(first), peers.adopt(second))
