"""TCP Fast Open: listeners that take data in the SYN, and clients that send it."""

from __future__ import annotations

from socket import IPPROTO_TCP, MSG_FASTOPEN, SOCK_STREAM, TCP_FASTOPEN

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers

BOTH = 3
"""Bits of net.ipv4.tcp_fastopen: 1 for clients, 2 for servers."""
CLIENTS = 1
TCP_FASTOPEN_CONNECT = 30
WAITING = 5
"""Connections with data that may wait in the listener's queue."""


def listener(peers: Peers, family: Family) -> RecordedSocket:
    """A listener that takes data in the SYN where the kernel lets it."""
    end = peers.listener(family, backlog=None)
    end.setsockopt(IPPROTO_TCP, TCP_FASTOPEN, WAITING)
    end.listen(WAITING)
    return end


def opened(peers: Peers, family: Family, to: RecordedSocket, data: bytes, *, lane: str) -> RecordedSocket:
    """A client that has connected and sent `data` in one call."""
    end = peers.socket(lane, family.domain, SOCK_STREAM)
    end.sendto(data, MSG_FASTOPEN, to.getsockname())
    return end


def acquainted(peers: Peers, family: Family) -> RecordedSocket:
    """A listener whose cookie this namespace has, from a connection that is over."""
    end = listener(peers, family)
    first = opened(peers, family, end, b"cookie", lane="first")
    server = peers.accepting(end)
    server.recv(100)
    first.close()
    server.close()
    return end
