"""Connections brought to TIME_WAIT, and pairs with bytes queued in both directions."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from conformance.lifecycle.linger.unsent import SMALL, jam
from fixtures.evidence.expect import JIFFY
from fixtures.evidence.kernel_view import Ends, SocketState, reaches
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Deviation
from fixtures.stage.families import Address, Family
from fixtures.stage.peers import Pair, Peers

Sysctl = Callable[[str, int | str], None]

LENGTH = 60.0
"""Seconds of TIME_WAIT: TCP_TIMEWAIT_LEN in include/net/tcp.h."""


class Finished(NamedTuple):
    """A connection whose server closed first: the listener that it came from, and what is left of either end."""

    listener: RecordedSocket
    server: Ends
    """The end that is in TIME_WAIT."""
    client: Address
    """The address of the client, whose own end is gone."""


def finished(peers: Peers, family: Family) -> Finished:
    """A connection with TIME_WAIT at its server, and none at its client."""
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)
    ends, name = Ends.of(server), client.getsockname()
    server.close()
    client.recv(1)
    client.close()
    reaches(ends, "TIME_WAIT")
    return Finished(listener, ends, name)


def jammed_both_ways(peers: Peers, family: Family) -> tuple[Pair, bytes, bytes]:
    """A pair of which neither end reads, and what each end, client first, has taken to send."""
    listener = peers.listener(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    client = peers.socket("client", family.domain, socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    client.connect(listener.getsockname())
    server = peers.accepting(listener)
    listener.close()
    return Pair(client, server), jam(client), jam(server)


def kept(ends: Ends) -> SocketState:
    """What the kernel keeps for that end. Raises Deviation when it keeps nothing."""
    if (seen := ends.seen()) is None:
        raise Deviation(f"expected  {ends.local} > {ends.remote} in some state\nobserved  none")
    return seen


def least_of(seconds: float, *, since: float) -> float:
    """What a timer of so many `seconds` has at least to go that was started after the moment `since`, until now."""
    return seconds - (time.monotonic() - since) - JIFFY


def bound_again(peers: Peers, family: Family) -> tuple[Address, Ends, RecordedSocket]:
    """Where the connection of an active closer went, its end in TIME_WAIT, and a new socket bound to its address."""
    listener = peers.listener(family)
    client = _reusing(peers, family, family.address())
    ends, name = _finish_first(peers, listener, client)
    return listener.getsockname(), ends, _reusing(peers, family, name)


def spent(peers: Peers, family: Family, reuse: int) -> Address:
    """An address that connect() chose for a client with this SO_REUSEADDR, which closed first: it is in TIME_WAIT."""
    client = peers.socket("old", family.domain, socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    return _finish_first(peers, peers.listener(family), client)[1]


def _reusing(peers: Peers, family: Family, address: Address) -> RecordedSocket:
    end = peers.socket("client", family.domain, socket.SOCK_STREAM)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.bind(address)
    return end


def last_port_spent(peers: Peers, family: Family, sysctl: Sysctl) -> tuple[Address, Ends, RecordedSocket]:
    """As `bound_again`, but the new socket is not bound, and its address is the only one that connect() may choose."""
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, socket.SOCK_STREAM)
    ends, name = _finish_first(peers, listener, client)
    sysctl("net.ipv4.ip_local_port_range", f"{name[1]} {name[1]}")
    return listener.getsockname(), ends, peers.socket("client", family.domain, socket.SOCK_STREAM)


def finished_with(peers: Peers, family: Family, listener: RecordedSocket) -> tuple[Ends, RecordedSocket]:
    """The ends of a connection to that listener that is in TIME_WAIT, and a new socket."""
    client = peers.socket("client", family.domain, socket.SOCK_STREAM)
    ends, _ = _finish_first(peers, listener, client)
    return ends, peers.socket("client", family.domain, socket.SOCK_STREAM)


def _finish_first(peers: Peers, listener: RecordedSocket, client: RecordedSocket) -> tuple[Ends, Address]:
    client.connect(listener.getsockname())
    server = peers.accepting(listener)
    ends, name = Ends.of(client), client.getsockname()
    client.close()
    server.recv(1)
    server.close()
    reaches(ends, "TIME_WAIT")
    return ends, name
