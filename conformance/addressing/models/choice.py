"""Datagram sockets that share a port: which of them receives what comes.

udp(7), ip(7), ipv6(7), socket(7), connect(2): a connected socket hears its peer only, a bound one what comes to its
address. The most exact one receives; of several that are alike any may (socket(7) does not say which).
"""

from __future__ import annotations

from dataclasses import dataclass
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    MSG_DONTWAIT,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOL_SOCKET,
)  # fmt: skip
from typing import Any

from hypothesis import strategies as st

from fixtures.evidence.recorder import RecordedSocket
from fixtures.models.machine import Model, outcome, step

ADDRESSES = ("127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::")
TARGETS = ("127.0.0.1", "127.0.0.2", "::1")
SENDERS = ("anna", "bert")
MOST = 5
PLACE = st.integers(0, MOST - 1)
SPECIFIC, WILDCARD = 2, 1
CONNECTED = 4


@dataclass(eq=False)
class Receiver:
    """A socket that has the port, and whom it listens to."""

    end: RecordedSocket
    address: str
    v6only: bool
    peer: Any = None

    def rank(self, target: str, sender: Any) -> int:
        """How exactly it fits what comes from `sender` to `target`; 0 where it does not."""
        if self.peer is not None and self.peer != sender:
            return 0
        if self.address == target:
            return SPECIFIC + (CONNECTED if self.peer else 0)
        wild = self.address == ("0.0.0.0" if "." in target else "::") or (self.address == "::" and not self.v6only)
        return (WILDCARD + (CONNECTED if self.peer else 0)) if wild else 0


class Choice(Model):
    """One port that several sockets have, by SO_REUSEADDR, and two senders of each family."""

    def open(self) -> None:
        """A port that nobody has, and the senders."""
        self.receivers: list[Receiver] = []
        self.sent = 0
        with RecordedSocket(AF_INET6, SOCK_DGRAM) as probe:
            probe.bind(("::", 0))
            self.port = probe.getsockname()[1]
        hosts = ("127.0.0.1", "::1")
        self.senders = {(name, "." in host): self.sender(name, host) for name in SENDERS for host in hosts}

    def sender(self, name: str, host: str) -> RecordedSocket:
        """A bound socket that sends."""
        end = self.peers.socket(name, AF_INET if "." in host else AF_INET6, SOCK_DGRAM)
        end.bind((host, 0))
        return end

    @step(address=st.sampled_from(ADDRESSES), v6only=st.booleans())
    def bind(self, address: str, v6only: bool) -> None:
        """One more socket has the port."""
        if len(self.receivers) == MOST:
            return
        domain = AF_INET if "." in address else AF_INET6
        end = self.peers.socket(f"receiver {address}", domain, SOCK_DGRAM)
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        if domain == AF_INET6:
            end.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, v6only)
        self.gives("bind()", outcome(lambda: end.bind((address, self.port))), {None})
        self.receivers.append(Receiver(end, address, v6only))

    @step(place=PLACE, sender=st.sampled_from(SENDERS))
    def connect(self, place: int, sender: str) -> None:
        """One that is bound to a specific address listens to one sender only."""
        found = [each for each in self.receivers if each.address in TARGETS]
        if found:
            receiver = found[place % len(found)]
            receiver.peer = self.senders[sender, "." in receiver.address].getsockname()
            self.gives("connect()", outcome(lambda: receiver.end.connect(receiver.peer)), {None})

    @step(place=PLACE)
    def close(self, place: int) -> None:
        """One gives up the port."""
        if self.receivers:
            self.receivers.pop(place % len(self.receivers)).end.close()

    @step(sender=st.sampled_from(SENDERS), to=st.sampled_from(TARGETS))
    def send(self, sender: str, to: str) -> None:
        """Sends to the port; the most exact socket receives, once."""
        end = self.senders[sender, "." in to]
        name = end.getsockname()
        ranks = [receiver.rank(to, name) for receiver in self.receivers]
        self.sent += 1
        data = self.sent.to_bytes(2, "big")
        if not any(ranks):
            return
        self.gives("sendto()", outcome(lambda: end.sendto(data, (to, self.port))), {len(data)})
        best = [place for place, rank in enumerate(ranks) if rank == max(ranks)]
        self.comes_to("the place of who receives", self.arrived, {((place, data),) for place in best})

    def arrived(self) -> tuple[tuple[int, bytes], ...]:
        """What all have received since."""
        got = [outcome(lambda end=each.end: end.recv(8, MSG_DONTWAIT)) for each in self.receivers]
        return tuple((place, data) for place, data in enumerate(got) if isinstance(data, bytes))

    def agrees(self) -> None:
        """Nobody has anything that was not sent to them."""
        self.gives("what else has come", self.arrived(), {()})

    def state(self) -> Any:
        """Who has the port."""
        return tuple(sorted((each.address, each.v6only, each.peer is not None) for each in self.receivers))
