"""Sockets that share a port by SO_REUSEPORT, and how evenly connections fall on them."""

from __future__ import annotations

from math import comb
from socket import SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers

LISTENERS = 4
CONNECTIONS = 96
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


def most(trials: int, share: float, *, alpha: float = ALPHA) -> int:
    """The number that a binomial count of `trials` with this `share` exceeds with a chance of at most `alpha`."""
    chances = [comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)]
    return next(k for k in range(trials + 1) if sum(chances[k + 1 :]) <= alpha)
