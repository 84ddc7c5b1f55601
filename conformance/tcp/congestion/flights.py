"""A connection of short segments, for what leaves before the first acknowledgement."""

from __future__ import annotations

from socket import IPPROTO_TCP, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, TCP_MAXSEG

from conformance.stream.sending.buffers import lift_limit_of_unsent
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

MSS = 536
"""Bytes of data in a segment, less its options (RFC 9293, 3.7.1)."""
BUFFER = 65536


def short_segments(peers: Peers, family: Family) -> Pair:
    """A connected pair whose client sends segments of at most `MSS` bytes; buffers do not bound it."""
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(IPPROTO_TCP, TCP_MAXSEG, MSS)
    listener.setsockopt(SOL_SOCKET, SO_RCVBUF, BUFFER)
    listener.listen(1)
    client = peers.connecting(family, listener.getsockname())
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER)
    lift_limit_of_unsent(client)
    return Pair(client, peers.accepting(listener))
