"""A connected pair of streams, and what the manual pages allow each call on it to give."""

from __future__ import annotations

from errno import ECONNRESET, EPIPE
from socket import (
    IPPROTO_TCP,
    MSG_DONTWAIT,
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_PEEK,
    SHUT_RD,
    SHUT_RDWR,
    SHUT_WR,
    SO_BROADCAST,
    SO_ERROR,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_OOBINLINE,
    SO_RCVLOWAT,
    SO_REUSEADDR,
    SOL_SOCKET,
    TCP_NODELAY,
)  # fmt: skip
from typing import Any

from hypothesis import strategies as st

from conformance.stream.models import rules
from conformance.stream.models.sides import Side
from fixtures.evidence.expect import linger
from fixtures.models.looks import Watched, at_mark, mask_of, peeked, unread
from fixtures.models.machine import Model, outcome, step
from fixtures.models.walk import Walk
from fixtures.stage.families import Family

END = st.sampled_from(("client", "server"))
SIZE = st.integers(1, 9)
SHUTS = {"SHUT_RD": SHUT_RD, "SHUT_WR": SHUT_WR, "SHUT_RDWR": SHUT_RDWR}
OPTIONS = {
    "SO_KEEPALIVE": (SOL_SOCKET, SO_KEEPALIVE),
    "SO_REUSEADDR": (SOL_SOCKET, SO_REUSEADDR),
    "SO_BROADCAST": (SOL_SOCKET, SO_BROADCAST),
}
NOW = MSG_DONTWAIT | MSG_NOSIGNAL
OOB = NOW | MSG_OOB


class StreamPair(Model):
    """Two connected ends. A step that an end cannot take, since it is closed, does nothing."""

    def __init__(self, walk: Walk, family: Family) -> None:
        self.family = family
        super().__init__(walk)

    def open(self) -> None:
        """A pair of its own, and an epoll instance that watches it."""
        self.epoll = Watched()
        self.connect()

    def connect(self) -> None:
        """A new pair."""
        client, server = self.peers.pair(self.family)
        self.sides = {"client": Side("client", client), "server": Side("server", server)}
        for side in self.sides.values():
            self.epoll.add(side.end)
            if self.over_tcp:  # or each second send would wait for a delayed acknowledgement
                side.end.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    def teardown(self) -> None:
        """Resets what is left, so that no walk leaves a port in TIME_WAIT."""
        for side in self.sides.values():
            if not side.closed:
                side.end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
        self.epoll.close()
        super().teardown()

    def both(self, end: str) -> tuple[Side, Side]:
        """The side of that name, and the other."""
        return self.sides[end], self.sides["server" if end == "client" else "client"]

    @property
    def over_tcp(self) -> bool:
        """Whether there is urgent data, and a connection that can be reset."""
        return self.family.ip

    @step(end=END, size=SIZE)
    def send(self, end: str, size: int) -> None:
        """Sends the next bytes."""
        side, peer = self.both(end)
        if side.closed:
            return
        data = side.next(size)
        seen = outcome(lambda: side.end.send(data, NOW))
        self.gives(f"{end}.send({size} bytes)", seen, rules.sending(side, peer, size, tcp=self.over_tcp))
        side.was_told(seen)
        if seen == size:
            side.sent += size
            self.arrives(side, peer, data)

    def arrives(self, side: Side, peer: Side, data: bytes) -> None:
        """Data that was sent is the other side's, unless that answers with a reset: it will not read it any more."""
        if self.over_tcp and rules.refuses(peer):
            side.broken = peer.broken = True
        else:
            peer.come(data)

    @step(end=END, size=SIZE, peek=st.booleans())
    def recv(self, end: str, size: int, peek: bool) -> None:
        """Receives, or looks at what could be received."""
        side = self.sides[end]
        if side.closed or side.is_at_urgent_byte:
            return
        seen = outcome(lambda: side.end.recv(size, NOW | (MSG_PEEK if peek else 0)))
        self.gives(f"{end}.recv({size}{', MSG_PEEK' if peek else ''})", seen, rules.receiving(side, size))
        side.was_told(seen)
        if not peek and seen not in rules.RESET:
            side.take(len(seen) if isinstance(seen, bytes) else 0)

    @step(when=lambda self: self.over_tcp, end=END)
    def send_urgent(self, end: str) -> None:
        """Sends a byte with MSG_OOB, where none is outstanding (RFC 6093 3.1: there is only one mark)."""
        side, peer = self.both(end)
        if side.closed or side.writing_shut or side.broken or rules.refuses(peer) or peer.mark is not None:
            return
        data = side.next(1)
        self.gives(f"{end}.send(MSG_OOB)", outcome(lambda: side.end.send(data, OOB)), {1})
        side.sent += 1
        peer.come(data, urgent=True)

    @step(when=lambda self: self.over_tcp, end=END)
    def recv_urgent(self, end: str) -> None:
        """Receives the urgent byte, where there is one that does not stand in line."""
        side = self.sides[end]
        if side.closed:
            return
        seen = outcome(lambda: side.end.recv(1, OOB))
        self.gives(f"{end}.recv(MSG_OOB)", seen, rules.receiving_urgent(side))
        side.taken = side.taken or isinstance(seen, bytes)

    @step(when=lambda self: self.over_tcp, end=END, value=st.booleans())
    def put_inline(self, end: str, value: bool) -> None:
        """Sets SO_OOBINLINE while no urgent byte is outstanding."""
        side = self.sides[end]
        if not side.closed and side.mark is None:
            side.end.setsockopt(SOL_SOCKET, SO_OOBINLINE, value)
            side.inline = value

    @step(end=END, how=st.sampled_from(tuple(SHUTS)))
    def shutdown(self, end: str, how: str) -> None:
        """Shuts one direction, or both."""
        side, peer = self.both(end)
        if side.closed:
            return
        seen = outcome(lambda: side.end.shutdown(SHUTS[how]))
        self.gives(f"{end}.shutdown({how})", seen, rules.shutting(side, peer))
        if seen is None:
            side.reading_shut = side.reading_shut or how != "SHUT_WR"
            side.writing_shut = side.writing_shut or how != "SHUT_RD"
            peer.ended = peer.ended or how != "SHUT_RD"

    @step(end=END, abort=st.booleans())
    def close(self, end: str, abort: bool) -> None:
        """Closes an end, with a linger time of zero where it is to `abort`."""
        side, peer = self.both(end)
        if side.closed or side.mark is not None:
            return
        if abort:
            side.end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
        self.gives(f"{end}.close()", outcome(side.end.close), {None})
        side.closed = True
        if rules.resets(side, peer, abort=abort, tcp=self.over_tcp):
            peer.broken = True
        else:
            peer.ended = True

    @step(when=lambda self: all(side.closed for side in self.sides.values()))
    def connect_again(self) -> None:
        """Connects another pair, when both ends are closed."""
        self.connect()

    @step(end=END)
    def error(self, end: str) -> None:
        """Takes the error that is pending."""
        side = self.sides[end]
        if not side.closed:
            seen = side.end.getsockopt(SOL_SOCKET, SO_ERROR)
            self.gives(f"SO_ERROR of {end}", seen, rules.pending(side))
            side.told = side.told or seen in (ECONNRESET, EPIPE)

    @step(end=END, name=st.sampled_from(tuple(OPTIONS)), value=st.booleans())
    def set_option(self, end: str, name: str, value: bool) -> None:
        """Sets an option, which changes nothing else."""
        side = self.sides[end]
        if not side.closed:
            side.end.setsockopt(*OPTIONS[name], value)
            side.options[name] = value

    @step(end=END, size=st.integers(1, 20))
    def set_low_water(self, end: str, size: int) -> None:
        """Sets SO_RCVLOWAT."""
        side = self.sides[end]
        if not side.closed:
            side.end.setsockopt(SOL_SOCKET, SO_RCVLOWAT, size)
            side.low_water = size

    def agrees(self) -> None:
        """Compares poll, epoll, FIONREAD, the mark and the options of each end that is open."""
        __tracebackhide__ = True
        for side in self.sides.values():
            if not side.closed:
                self.looks_right(side, self.both(side.name)[1])

    def looks_right(self, side: Side, peer: Side) -> None:
        """What the kernel says of one end."""
        __tracebackhide__ = True
        events = rules.events(side, peer, tcp=self.over_tcp)
        self.comes_to(f"poll() of {side.name}", lambda: mask_of(side.end), events)
        self.comes_to(f"epoll of {side.name}", lambda: self.epoll.masks().get(side.end.fileno(), 0), events)
        if not side.broken:
            self.looks_unread(side)
        for name, value in side.options.items():
            self.gives(f"{name} of {side.name}", bool(side.end.getsockopt(*OPTIONS[name])), {value})

    def looks_unread(self, side: Side) -> None:
        """How much can be read; beyond an urgent byte only a look at the data itself tells."""
        __tracebackhide__ = True
        if side.at_mark and not side.inline:
            if not side.is_at_urgent_byte and not side.reading_shut:
                self.comes_to(f"a look at {side.name}", lambda: peeked(side.end), {side.readable})
        else:
            self.comes_to(f"FIONREAD of {side.name}", lambda: unread(side.end), rules.unread(side))
        if self.over_tcp:
            self.comes_to(f"SIOCATMARK of {side.name}", lambda: at_mark(side.end), {side.at_mark})

    def state(self) -> Any:
        """What each side believes, with sizes as none, some, many."""
        return tuple(side.coarse for side in self.sides.values())
