"""Datagram sockets as a model knows them, and what each call on one may give.

udp(7), unix(7), send(2), recv(2), connect(2), poll(2); RFC 1122 4.1.3.3.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from select import POLLERR, POLLIN, POLLOUT
from typing import Any

from fixtures.evidence.recorder import RecordedSocket
from fixtures.models.looks import Bits


@dataclass(eq=False)
class Port:
    """A bound socket; one that was closed and opened again under the same name is another."""

    name: str
    end: RecordedSocket
    address: Any
    peer: Port | None = None
    queue: list[tuple[bytes, str]] = field(default_factory=list)
    """What has come and was not received, with the names of the senders."""
    refused: bool = False
    """Whether the answer of a port where nobody listens is still to be told."""
    closed: bool = False

    @property
    def would_purge(self) -> bool:
        """Whether another peer costs a UNIX socket what is queued: no source says so, so none is given it then."""
        return self.peer is not None and bool(self.queue)


@dataclass(frozen=True)
class Rules:
    """The table of one family: `udp`, or UNIX with so many datagrams in a queue that is full."""

    udp: bool
    longest: int = 0

    def is_peer(self, port: Port, other: Port) -> bool:
        """Whether a port is connected to another: by address over UDP, to the socket itself on UNIX."""
        return port.peer is not None and (port.peer.name == other.name if self.udp else port.peer is other)

    def takes(self, target: Port, source: Port) -> bool:
        """Whether what the source sends reaches the target: a connected one hears its peer only."""
        return not target.closed and (target.peer is None or self.is_peer(target, source))

    def sending(self, source: Port, target: Port, size: int) -> Collection[Any]:
        """send(2), udp(7) and unix(7), ERRORS."""
        if self.udp:
            return {"ECONNREFUSED"} if source.refused else {size}
        if target.closed:
            return {"ECONNREFUSED"}
        if not self.takes(target, source):
            return {"EPERM"}
        full = target is not source and target.peer is not source and len(target.queue) > self.longest
        return {"EAGAIN"} if full else {size}

    def connecting(self, source: Port, target: Port) -> Collection[Any]:
        """connect(2): UDP asks nobody; a UNIX socket must be there, and willing."""
        if self.udp:
            return {None}
        return {"ECONNREFUSED"} if target.closed else {None} if self.takes(target, source) else {"EPERM"}

    def receiving(self, port: Port, size: int) -> Collection[Any]:
        """recv(2): a datagram, cut to the size of the buffer; an error that is pending comes first (udp(7))."""
        if port.refused:
            return {"ECONNREFUSED"}
        if not port.queue:
            return {"EAGAIN"}
        data, sender = port.queue[0]
        return {(data[:size], len(data) > size, sender)}

    def events(self, port: Port) -> Bits:
        """poll(2)."""
        required = (POLLIN if port.queue else 0) | (POLLERR if port.refused else 0) | (POLLOUT if self.udp else 0)
        return Bits(required, POLLOUT)
