"""Those who wait at a listener: how to put them there, how to take them out, and how long the queue is."""

from __future__ import annotations

import select
from collections.abc import Callable
from socket import IPPROTO_TCP, SOCK_STREAM, TCP_DEFER_ACCEPT
from typing import NamedTuple

from fixtures.evidence.kernel_view import sockets, tcp_info
from fixtures.evidence.recorder import RecordedSocket, plain_address
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers
from fixtures.stage.sysctls import read_sysctl


def cap(backlog: int) -> int:
    """What listen(2) makes of `backlog` here: no more than net.core.somaxconn."""
    return min(backlog, int(read_sysctl("net.core.somaxconn")))


def caller(peers: Peers, family: Family, listener: RecordedSocket, *, lane: str = "client") -> RecordedSocket:
    """A client whose connect() has returned."""
    end = peers.socket(lane, family.domain, SOCK_STREAM)
    end.connect(listener.getsockname())
    return end


def queued(peers: Peers, family: Family, listener: RecordedSocket, count: int) -> list[RecordedSocket]:
    """`count` clients, lanes ``client1`` and so on, all of them in the TCP listener's queue.

    connect() returns when the SYN-ACK is there; the last ACK may reach the listener a moment later.
    """
    clients = [caller(peers, family, listener, lane=f"client{number}") for number in range(1, count + 1)]
    until(lambda: length(listener) == count, what=f"{count} connections in the queue")
    return clients


def length(listener: RecordedSocket) -> int:
    """Connections in a TCP listener's queue, from TCP_INFO (tcp_get_info() gives them as tcpi_unacked)."""
    return tcp_info(listener).unacked


def shown(listener: RecordedSocket) -> tuple[int, int] | None:
    """Queue length and backlog of a TCP listener as sock_diag(7) tells them; None for what does not listen."""
    name = plain_address(listener.getsockname())
    found = [each for each in sockets() if (each.state, each.local) == ("LISTEN", name)]
    return (found[0].receive_queue, found[0].send_queue) if found else None


def take(peers: Peers, listener: RecordedSocket) -> RecordedSocket:
    """The connection that accept() gives next; a Deviation if none comes."""
    ready(listener, select.POLLIN)
    return peers.adopt(listener.accept()[0])


class Deferred(NamedTuple):
    """A listener, and clients whose handshake it has not finished although theirs is."""

    listener: RecordedSocket
    clients: list[RecordedSocket]


Setter = Callable[[str, int | str], None]


def half_open(peers: Peers, family: Family, sysctl: Setter, *lanes: str) -> Deferred:
    """Clients in the state in which their last ACK is under way: SYN_RECV at the listener.

    TCP_DEFER_ACCEPT leaves out that ACK until data comes (tcp(7)), so nothing is lost and no packet is made up.
    """
    sysctl("net.core.somaxconn", 16)
    sysctl("net.ipv4.tcp_syncookies", 1)  # 2 would keep no half-open connection, 0 would drop some
    listener = deferring(peers, family)
    listener.listen(8)
    return Deferred(listener, [caller(peers, family, listener, lane=lane) for lane in lanes])


def deferring(peers: Peers, family: Family) -> RecordedSocket:
    """A bound socket that will wait half a minute for the first data of a connection."""
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 30)
    return listener
