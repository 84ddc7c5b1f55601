"""Who may hold an address that another socket wants to bind, and how the two addresses overlap."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

Hold = Callable[[Peers, Family, RecordedSocket], None]


@dataclass(frozen=True)
class Holder:
    """A named way of holding the address to which a socket has been bound."""

    name: str
    hold: Hold

    def __str__(self) -> str:
        return self.name

    def port(self, peers: Peers, family: Family, host: str, reuse: int) -> int:
        """The port that is held from now on; `reuse` is the SO_REUSEADDR of the socket that was bound to it."""
        old = peers.socket("old", family.domain, socket.SOCK_STREAM)
        old.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        old.bind(family.address(host=host))
        port = int(old.getsockname()[1])
        self.hold(peers, family, old)
        return port


def _bound(_peers: Peers, _family: Family, _old: RecordedSocket) -> None:
    pass


def _listening(_peers: Peers, _family: Family, old: RecordedSocket) -> None:
    old.listen(1)


def _connected(peers: Peers, family: Family, old: RecordedSocket) -> Pair:
    """A connection that was accepted from `old`, which is closed."""
    old.listen(1)
    client = peers.connecting(family, family.address(old.getsockname()[1]))
    server = peers.accepting(old)
    old.close()
    return Pair(client, server)


def _connection(peers: Peers, family: Family, old: RecordedSocket) -> None:
    _connected(peers, family, old)


def _time_wait(peers: Peers, family: Family, old: RecordedSocket) -> None:
    client, server = _connected(peers, family, old)
    server.close()
    client.recv(1)
    client.shutdown(socket.SHUT_WR)
    ready(client, select.POLLHUP)  # its FIN is acknowledged, so the server's end is in TIME_WAIT
    client.close()


LISTENER = Holder("listener", _listening)
BOUND = Holder("bound socket", _bound)
CONNECTION = Holder("accepted connection", _connection)
TIME_WAIT = Holder("TIME_WAIT", _time_wait)


@dataclass(frozen=True)
class Overlap:
    """Two spellings of one address: which of both sockets names the wildcard."""

    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.old} then {self.new}"

    def hosts(self, family: Family) -> tuple[str, str]:
        """The host of the old socket and of the new one."""
        spelled = {"specific": family.loopback, "wildcard": family.wildcard}
        return spelled[self.old], spelled[self.new]


_OVERLAPS = [Overlap(old, new) for old in ("specific", "wildcard") for new in ("specific", "wildcard")]

overlapping = pytest.mark.parametrize("overlap", _OVERLAPS, ids=[str(one).replace(" ", "-") for one in _OVERLAPS])
"""Runs a scenario once for each way in which the addresses of two sockets overlap."""


def held_by(*holders: Holder) -> pytest.MarkDecorator:
    """Runs a scenario once for each of `holders`, as its parameter ``holder``."""
    return pytest.mark.parametrize("holder", holders, ids=[one.name.replace(" ", "-") for one in holders])


def options(*pairs: tuple[int, int]) -> pytest.MarkDecorator:
    """Runs a scenario once for each pair of SO_REUSEADDR values, of the old socket and of the new one."""
    return pytest.mark.parametrize(("old_has", "new_has"), pairs, ids=[f"old-{old}-new-{new}" for old, new in pairs])
