"""Sockets of both families and of two users that want one port."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    MSG_DONTWAIT,
    SO_LINGER,
    SO_REUSEADDR,
    SO_REUSEPORT,
    SOCK_STREAM,
    SOL_SOCKET,
)  # fmt: skip
from typing import Any

from hypothesis import strategies as st

from conformance.addressing.models.binding import ADDRESSES, Holder, conflict
from fixtures.evidence.expect import linger
from fixtures.evidence.recorder import RecordedSocket
from fixtures.models.looks import in_time_wait
from fixtures.models.machine import Model, outcome, step
from fixtures.models.walk import Walk

PLACE = st.integers(0, 5)
MOST = 6
"""Holders of the port at a time."""
LOOPBACK = {AF_INET: "127.0.0.1", AF_INET6: "::1"}


@contextmanager
def being(user: int | None) -> Iterator[None]:
    """What the block makes belongs to that user, where it is another."""
    before = os.geteuid()
    if user is not None:
        os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(before)


class Binds(Model):
    """One port, and who has it. `other` is the number of another user; None where there is none to be."""

    def __init__(self, walk: Walk, kind: int, other: int | None) -> None:
        self.kind, self.other = kind, other
        super().__init__(walk)

    def open(self) -> None:
        """A port that nobody has: the kernel chooses it, for both families at once."""
        self.holders: list[Holder] = []
        self.sharing: set[int] = set()
        """The users who have bound with SO_REUSEPORT since nobody had the port."""
        with RecordedSocket(AF_INET6, self.kind) as probe:
            probe.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
            probe.bind(("::", 0))
            self.port = probe.getsockname()[1]

    @step(address=st.sampled_from(ADDRESSES), reuseaddr=st.booleans(), reuseport=st.booleans(), v6only=st.booleans(),
          another=st.booleans())  # fmt: skip
    def bind(self, address: str, reuseaddr: bool, reuseport: bool, v6only: bool, another: bool) -> None:
        """Binds another socket, made by one of two users."""
        user = self.other if another else None
        v6only = v6only and address == "::"
        new = Holder(address, v6only, reuseaddr, reuseport, os.geteuid() if user is None else user)
        if len(self.holders) == MOST:
            return
        with being(user):
            end = self.socket(new)
        seen = outcome(lambda: end.bind((address, self.port)))
        self.gives(f"bind({address})", seen, self.accepted(new))
        if seen is None:
            self.sharing |= {new.user} if reuseport else set()
            new.end = end
            self.holders.append(new)
        else:
            end.close()

    def accepted(self, new: Holder) -> set[str | None]:
        """What the table says; where one that shares hides the rest (ip.reuseport.*), both outcomes."""
        self.sharing = self.sharing if self.holders else set()
        if not any(conflict(new, old) for old in self.holders if old is not new):
            return {None}
        return {"EADDRINUSE", None} if new.reuseport and new.user in self.sharing else {"EADDRINUSE"}

    def socket(self, new: Holder) -> RecordedSocket:
        """A socket with the options of `new`."""
        domain = AF_INET6 if ":" in new.address else AF_INET
        end = self.peers.socket(f"socket {new.address}", domain, self.kind)
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, new.reuseaddr)
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, new.reuseport)
        if domain == AF_INET6:
            end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, new.v6only)
        return end

    def holder(self, place: int, *states: str) -> Holder | None:
        """The holder at that place among those in one of these states, counted round and round."""
        found = [each for each in self.holders if each.state in states]
        return found[place % len(found)] if found else None

    @step(when=lambda self: self.kind == SOCK_STREAM, place=PLACE)
    def listen(self, place: int) -> None:
        """Listens, which those with SO_REUSEADDR alone may not do beside one another."""
        holder = self.holder(place, "bound")
        if holder is None or holder.end is None:
            return
        end = holder.end
        seen = self.gives("listen()", outcome(lambda: end.listen(4)), self.accepted(holder))
        holder.state = "listening" if seen is None else holder.state

    @step(when=lambda self: [each.state for each in self.holders].count("listening") == 1)
    def connect(self) -> None:
        """Connects to the one that listens; the connection has the port as well."""
        listener = next(each for each in self.holders if each.state == "listening")
        if listener.end is None or len(self.holders) == MOST:
            return
        domain = AF_INET if listener.as_ip4 else AF_INET6
        host = LOOPBACK[domain] if listener.is_wildcard else listener.as_ip4 or listener.address
        client = self.peers.socket("client", domain, SOCK_STREAM)
        client.connect((host, self.port))
        taken = self.peers.accepting(listener.end)
        self.holders.append(replace(listener, address=host, v6only=False, end=taken, state="connected", client=client))

    @step(when=lambda self: self.kind == SOCK_STREAM, place=PLACE)
    def finish(self, place: int) -> None:
        """Ends a connection from the side that has the port, which it keeps in TIME_WAIT."""
        holder = self.holder(place, "connected")
        if holder is None or holder.end is None or holder.client is None:
            return
        client = holder.client
        holder.end.close()
        self.comes_to("the end of the stream", lambda: outcome(lambda: client.recv(1, MSG_DONTWAIT)), {b""})
        client.close()
        holder.end, holder.client, holder.state = None, None, "TIME_WAIT"
        waiting = [each.state for each in self.holders].count("TIME_WAIT")
        self.comes_to("sockets in TIME_WAIT", lambda: in_time_wait(self.port), {waiting})

    @step(place=PLACE)
    def close(self, place: int) -> None:
        """Closes a socket, which gives up the port; a connection with a reset."""
        holder = self.holder(place, "bound", "listening", "connected")
        if holder is not None:
            self.drop(holder)
            self.holders.remove(holder)

    def drop(self, holder: Holder) -> None:
        """Closes what a holder has open, without TIME_WAIT."""
        for end in (holder.end, holder.client):
            if end is not None:
                end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
                end.close()

    def teardown(self) -> None:
        """Leaves nobody in TIME_WAIT who need not be."""
        for holder in self.holders:
            self.drop(holder)
        super().teardown()

    def state(self) -> Any:
        """Who has the port, as a bag."""
        return tuple(sorted((h.address, h.v6only, h.reuseaddr, h.reuseport, h.state) for h in self.holders))
