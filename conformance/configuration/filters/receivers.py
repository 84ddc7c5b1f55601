"""Sockets at one port, among which a program can choose."""

from __future__ import annotations

from socket import SO_REUSEPORT, SOCK_DGRAM, SOL_SOCKET

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers


def sharing(peers: Peers, family: Family, kind: int = SOCK_DGRAM) -> tuple[RecordedSocket, RecordedSocket]:
    """Two receivers at one port."""
    first, second = (peers.socket(lane, family.domain, kind) for lane in ("first", "second"))
    for end in (first, second):
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    first.bind(family.address())
    second.bind(first.getsockname())
    return first, second


def another(peers: Peers, family: Family, first: RecordedSocket) -> RecordedSocket:
    """One more receiver at the port of `first`."""
    end = peers.socket("third", family.domain, SOCK_DGRAM)
    end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    end.bind(first.getsockname())
    return end
