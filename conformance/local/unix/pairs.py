"""Connected pairs of UNIX sockets that socketpair(2) makes."""

from __future__ import annotations

import socket

from fixtures.stage.peers import Pair, Peers


def pair(peers: Peers, kind: int, flags: int = 0) -> Pair:
    """Two unnamed sockets that are connected to each other. Raises OSError."""
    first, second = socket.socketpair(socket.AF_UNIX, kind | flags)
    return Pair(peers.take(first, "client"), peers.take(second, "server"))
