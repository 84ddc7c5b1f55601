"""Sockets of messages in each of the states that a program can bring them to: UDP, UNIX datagrams and UNIX records."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from select import POLLERR, POLLIN
from socket import AF_UNIX, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_ERROR, SOCK_DGRAM, SOCK_SEQPACKET, SOL_SOCKET
from typing import NamedTuple

import pytest

from conformance.datagram.models.libc import disconnect
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Family, ip4, ip6, unix
from fixtures.stage.peers import Pair, Peers


class Kind(NamedTuple):
    """A family and a type of its sockets; `table` has its answers."""

    table: str
    family: Family
    type: int

    def __str__(self) -> str:
        return f"{self.table}-{self.family}"


KINDS = [
    Kind("udp", ip4, SOCK_DGRAM), Kind("udp", ip6, SOCK_DGRAM),
    Kind("local", unix, SOCK_DGRAM), Kind("records", unix, SOCK_SEQPACKET),
]  # fmt: skip
over_messages = pytest.mark.parametrize(
    "kind", [pytest.param(each, id=str(each), marks=pytest.mark.needs(*each.family.needs)) for each in KINDS]
)
"""Runs a scenario once for each kind of sockets that keep the bounds of messages."""
over_datagrams = pytest.mark.parametrize(
    "kind",
    [pytest.param(each, id=str(each), marks=pytest.mark.needs(*each.family.needs))
     for each in KINDS if each.type == SOCK_DGRAM],
)  # fmt: skip
"""Runs a scenario once for each kind of those that need no connection."""


def new(peers: Peers, kind: Kind) -> RecordedSocket:
    """Nothing was done to it."""
    return peers.socket("end", kind.family.domain, kind.type)


def bound(peers: Peers, kind: Kind) -> RecordedSocket:
    """It has a name."""
    end = new(peers, kind)
    end.bind(kind.family.address())
    return end


def listening(peers: Peers, kind: Kind) -> RecordedSocket:
    """It listens, and nobody has come."""
    end = bound(peers, kind)
    end.listen()
    return end


def asked(peers: Peers, kind: Kind) -> RecordedSocket:
    """It listens, and a connection waits to be accepted."""
    end = listening(peers, kind)
    new(peers, kind).connect(end.getsockname())
    return end


def pair(peers: Peers, kind: Kind) -> Pair:
    """Two that are connected to one another."""
    if kind.type == SOCK_SEQPACKET:
        listener, client = listening(peers, kind), new(peers, kind)
        client.connect(listener.getsockname())
        return Pair(client, peers.accepting(listener))
    peer, end = bound(peers, kind), bound(peers, kind)
    peer.connect(end.getsockname())
    end.connect(peer.getsockname())
    return Pair(peer, end)


def connected(peers: Peers, kind: Kind) -> RecordedSocket:
    """Connected, and nothing was sent."""
    return pair(peers, kind).server


def dissolved(peers: Peers, kind: Kind) -> RecordedSocket:
    """It was connected, and is no more."""
    end = connected(peers, kind)
    with suppress(OSError):  # the tables tell that it still is
        disconnect(end)
    return end


def readable(peers: Peers, kind: Kind) -> RecordedSocket:
    """A message of three bytes has come, and one of two."""
    return _sent(pair(peers, kind), b"abc", b"de").server


def empty(peers: Peers, kind: Kind) -> RecordedSocket:
    """An empty message has come."""
    return _sent(pair(peers, kind), b"").server


def _sent(pair: Pair, *messages: bytes) -> Pair:
    for message in messages:
        pair.client.send(message)
        if pair.server.family != AF_UNIX:  # there it has come once it is sent
            ready(pair.server, POLLIN)
    return pair


def finished(peers: Peers, kind: Kind) -> RecordedSocket:
    """The peer has finished sending."""
    peer, end = pair(peers, kind)
    peer.shutdown(SHUT_WR)
    return end


def half_closed(peers: Peers, kind: Kind) -> RecordedSocket:
    """It has finished sending."""
    end = connected(peers, kind)
    end.shutdown(SHUT_WR)
    return end


def readable_and_half_closed(peers: Peers, kind: Kind) -> RecordedSocket:
    """A message of three bytes has come, and one of two, and it has finished sending."""
    end = readable(peers, kind)
    end.shutdown(SHUT_WR)
    return end


def deaf(peers: Peers, kind: Kind) -> RecordedSocket:
    """Its reading side is shut."""
    end = connected(peers, kind)
    end.shutdown(SHUT_RD)
    return end


def unheard(peers: Peers, kind: Kind) -> RecordedSocket:
    """The peer's reading side is shut."""
    peer, end = pair(peers, kind)
    peer.shutdown(SHUT_RD)
    return end


def shut(peers: Peers, kind: Kind) -> RecordedSocket:
    """Both its sides are shut."""
    end = connected(peers, kind)
    end.shutdown(SHUT_RDWR)
    return end


def left(peers: Peers, kind: Kind) -> RecordedSocket:
    """The peer has closed."""
    peer, end = pair(peers, kind)
    peer.close()
    return end


def refused(peers: Peers, kind: Kind) -> RecordedSocket:
    """Its message was refused, and nobody has asked for that yet."""
    peer, end = pair(peers, kind)
    peer.close()
    end.send(b"x")
    ready(end, POLLERR)
    return end


def refused_and_told(peers: Peers, kind: Kind) -> RecordedSocket:
    """Its message was refused, SO_ERROR was read, and another has taken the place of the peer."""
    end = refused(peers, kind)
    end.getsockopt(SOL_SOCKET, SO_ERROR)
    new(peers, kind).bind(end.getpeername())
    return end


def full(peers: Peers, kind: Kind) -> RecordedSocket:
    """The peer has no room for more."""
    end = connected(peers, kind)
    end.setblocking(False)
    for size in (1000, 1):
        with suppress(BlockingIOError):
            while True:
                end.send(bytes(size))
    return end


_OF_ALL = (new, bound, connected, readable, empty, half_closed, readable_and_half_closed, deaf, shut)
_OF_KIND: dict[str, tuple[Callable[[Peers, Kind], RecordedSocket], ...]] = {
    "udp": (*_OF_ALL, dissolved, refused, refused_and_told),
    "local": (*_OF_ALL, dissolved, finished, unheard, left, full),
    "records": (*_OF_ALL, listening, asked, finished, unheard, left, full),
}


def in_each_state(peers: Peers, kind: Kind) -> dict[str, RecordedSocket]:
    """A socket in each of the states that the kind has, by name; none of them waits in a call."""
    ends = {build.__name__: build(peers, kind) for build in _OF_KIND[kind.table]}
    for end in ends.values():
        end.setblocking(False)
    return ends
