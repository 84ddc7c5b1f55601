"""Sockets that share a port by SO_REUSEPORT, and how evenly connections fall on them."""

from __future__ import annotations

from math import comb
from select import POLLIN
from socket import SO_LINGER, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET
from typing import NamedTuple

from fixtures.evidence.expect import linger
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import readiness, until
from fixtures.stage.families import Address, Family
from fixtures.stage.peers import Peers

LISTENERS = 4
CONNECTIONS = 96
CLIENTS = 12
"""Of which each comes twice: listeners chosen at random would be the same ones for all in 1 of 16 million runs."""
ALPHA = 1e-9
"""The chance at which a fair choice among the listeners would be taken for an unfair one."""


def sharing(peers: Peers, family: Family, count: int, *, kind: int = SOCK_STREAM) -> list[RecordedSocket]:
    """That many sockets bound to one port, which all of them agreed to share."""
    ends: list[RecordedSocket] = []
    for number in range(1, count + 1):
        end = peers.socket(f"worker{number}", family.domain, kind)
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        end.bind(ends[0].getsockname() if ends else family.address())
        ends.append(end)
    return ends


class Visit(NamedTuple):
    """A client's address, and the number of the socket that its connection came to."""

    client: Address
    worker: int


def visited(peers: Peers, workers: list[RecordedSocket], own: Address) -> Visit:
    """Connects from the address `own` and aborts, so that no TIME_WAIT keeps the port."""
    client = peers.socket("client", workers[0].family, SOCK_STREAM)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    client.bind(own)
    client.connect(workers[0].getsockname())
    name = client.getsockname()
    reached = until(lambda: [worker for worker in workers if readiness(worker, POLLIN)], what="a connection")
    peers.accepting(reached[0])
    client.close()
    return Visit(name, workers.index(reached[0]))


def most(trials: int, share: float, *, alpha: float = ALPHA) -> int:
    """The number that a binomial count of `trials` with this `share` exceeds with a chance of at most `alpha`."""
    chances = [comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)]
    return next(k for k in range(trials + 1) if sum(chances[k + 1 :]) <= alpha)
