"""A listening socket and its queue: who connects waits there, in order, until accepted.

listen(2), accept(2), connect(2), unix(7), tcp(7), poll(2); RFC 9293 3.10.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP
from socket import (
    IPPROTO_TCP,
    MSG_DONTWAIT,
    SO_ACCEPTCONN,
    SO_ERROR,
    SO_LINGER,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_INFO,
)  # fmt: skip
from typing import Any

from hypothesis import strategies as st

from fixtures.evidence.expect import errno_name, linger
from fixtures.evidence.recorder import RecordedSocket
from fixtures.models.looks import Bits, mask_of
from fixtures.models.machine import Model, outcome, step
from fixtures.models.walk import Walk
from fixtures.stage.families import Family

LONG = 12
"""Connections that are made at one go."""
LONGEST = Path("/proc/sys/net/core/somaxconn")
UNACKED = struct.Struct("24xI")
"""tcpi_unacked of linux/tcp.h: of a listening socket, how many wait to be accepted."""
ENDED = Bits(POLLIN | POLLRDHUP | POLLHUP, POLLOUT | POLLERR)


@dataclass(eq=False)
class Client:
    """Who has connected and waits; it has sent its number."""

    end: RecordedSocket
    number: bytes
    left: bool = False
    aborted: bool = False

    @property
    def first(self) -> set[Any]:
        """What accept() and the first receive give: its number, unless it has gone with a reset (accept(2))."""
        return {self.number, "ECONNABORTED", "ECONNRESET"} if self.aborted else {self.number}


class ListenQueue(Model):
    """One listening socket. Over TCP nobody connects to a full queue, for then timers decide."""

    def __init__(self, walk: Walk, family: Family) -> None:
        self.family, self.connected = family, 0
        super().__init__(walk)

    def open(self) -> None:
        """A socket that is bound and does not listen yet."""
        self.room: int | None = None
        self.waiting: list[Client] = []
        self.most = int(LONGEST.read_text("ascii"))
        self.listener = self.peers.socket("listener", self.family.domain, SOCK_STREAM)
        self.listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.listener.bind(self.family.address())
        self.listener.setblocking(False)
        self.address = self.listener.getsockname()

    @property
    def full(self) -> bool:
        """Whether the queue takes no more: Linux takes one more than the backlog says."""
        return self.room is not None and len(self.waiting) > self.room

    @step(backlog=st.one_of(st.integers(0, 3), st.integers(0, 12)))
    def listen(self, backlog: int) -> None:
        """Listens, or changes the backlog; what waits stays."""
        self.gives("listen()", outcome(lambda: self.listener.listen(backlog)), {None})
        self.room = min(backlog, self.most)

    @step(when=lambda self: not (self.family.ip and self.full))
    def connect(self) -> None:
        """Connects, and sends a number of its own."""
        self.connected += 1
        end = self.peers.socket(f"client{self.connected}", self.family.domain, SOCK_STREAM)
        end.setblocking(False)
        seen = outcome(lambda: end.connect(self.address))
        if self.room is not None and not self.full:
            self.gives("connect()", seen, {None, "EINPROGRESS"})
            self.joins(end)
            return
        if seen == "EINPROGRESS":
            self.comes_to("poll() of who is refused", lambda: mask_of(end) & POLLERR, {POLLERR})
            seen = errno_name(end.getsockopt(SOL_SOCKET, SO_ERROR))
        self.gives("connect()", seen, {"EAGAIN" if self.full else "ECONNREFUSED"})
        end.close()

    def joins(self, end: RecordedSocket) -> None:
        """A connection is established, and waits."""
        self.comes_to("poll() of who connects", lambda: mask_of(end), {POLLOUT})
        number = bytes([self.connected % 256])
        self.gives("send()", outcome(lambda: end.send(number)), {1})
        self.waiting.append(Client(end, number))

    @step(when=lambda self: self.room is not None and self.room <= LONG)
    def fill(self) -> None:
        """Connects until the queue is full: as many as the backlog says, and one more."""
        while not self.full:
            self.connect()

    @step(place=st.integers(0, 3), abort=st.booleans())
    def leave(self, place: int, abort: bool) -> None:
        """One that waits closes; it keeps its place (accept(2): it may also be dropped when it has aborted)."""
        if found := [each for each in self.waiting if not each.left]:
            client = found[place % len(found)]
            client.left, client.aborted = True, abort and self.family.ip
            if abort:
                client.end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
            client.end.close()

    @step()
    def accept(self) -> None:
        """Accepts who has waited longest."""
        if self.room is None:
            self.gives("accept()", outcome(self.listener.accept), {"EINVAL"})
        elif not self.waiting:
            self.gives("accept()", outcome(self.listener.accept), {"EAGAIN"})
        else:
            self.meets(self.waiting.pop(0))

    def meets(self, client: Client) -> None:
        """The next that accept() gives is this one: its number says so, and then its end if it has left."""
        taken = outcome(self.listener.accept)
        if isinstance(taken, str):
            self.gives("accept()", taken, client.first - {client.number, "ECONNRESET"})
            return
        server = self.peers.adopt(taken[0])
        seen = self.comes_to("recv() of who was accepted", lambda: outcome(lambda: server.recv(2, MSG_DONTWAIT)),
                             client.first)  # fmt: skip
        if client.left and not client.aborted:
            self.comes_to("recv() of who was accepted", lambda: outcome(lambda: server.recv(2, MSG_DONTWAIT)), {b""})
        elif seen == client.number and not client.left:
            self.gives("recv() of who was accepted", outcome(lambda: server.recv(2, MSG_DONTWAIT)), {"EAGAIN"})
        for end in (server, client.end):
            self.drop(end)

    def drop(self, end: RecordedSocket) -> None:
        """Closes an end without a port in TIME_WAIT."""
        if end.fileno() >= 0:
            end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
            end.close()

    @step(when=lambda self: self.room is not None)
    def close(self) -> None:
        """Closes the listening socket: who waits there is told. Then another one is made."""
        self.listener.close()
        for client in self.waiting:
            if not client.left:
                self.comes_to("poll() of who waited in vain", lambda end=client.end: mask_of(end), ENDED)
                seen = outcome(lambda end=client.end: end.recv(1, MSG_DONTWAIT))
                self.gives("recv() of who waited in vain", seen, {"ECONNRESET"})
                client.end.close()
        self.open()

    def agrees(self) -> None:
        """Compares SO_ACCEPTCONN, poll and the length of the queue."""
        __tracebackhide__ = True
        listens = self.room is not None
        self.gives("SO_ACCEPTCONN", bool(self.listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)), {listens})
        if listens:
            expected = {POLLIN if self.waiting else 0}
            self.comes_to("poll() of the listener", lambda: mask_of(self.listener) & POLLIN, expected)
        if listens and self.family.ip:
            self.comes_to("tcpi_unacked of the listener", self.queued, {len(self.waiting)})

    def queued(self) -> int:
        """How many the kernel says are waiting."""
        return int(UNACKED.unpack(self.listener.getsockopt(IPPROTO_TCP, TCP_INFO, UNACKED.size))[0])

    def state(self) -> Any:
        """How long the queue may be, and who waits in it."""
        return self.room, tuple((client.left, client.aborted) for client in self.waiting)

    def teardown(self) -> None:
        """Resets who still waits."""
        for client in self.waiting:
            self.drop(client.end)
        super().teardown()
