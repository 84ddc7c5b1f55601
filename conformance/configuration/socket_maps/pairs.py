"""A second pair of connected sockets, and pairs of UNIX datagrams."""

from __future__ import annotations

from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers


def another_pair(peers: Peers, family: Family) -> Pair:
    """Connected stream sockets with names of their own: the writer, and the reader whom it connected to."""
    listener = peers.listener(family, lane="other", accepted="reader")
    writer = peers.connecting(family, listener.its("getsockname"), lane="writer")
    reader = peers.accepting(listener)
    listener.close()
    return Pair(writer, reader)
