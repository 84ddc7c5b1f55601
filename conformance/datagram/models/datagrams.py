"""Three bound datagram sockets that send to one another, connect, disconnect, close and come again."""

from __future__ import annotations

from pathlib import Path
from socket import MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, socket
from typing import Any

from hypothesis import strategies as st

from conformance.datagram.models.libc import disconnect
from conformance.datagram.models.ports import Port, Rules
from fixtures.models.looks import mask_of, unread
from fixtures.models.machine import Model, outcome, step
from fixtures.models.walk import Walk
from fixtures.stage.families import Family

NAMES = ("anna", "bert", "cleo")
NAME = st.sampled_from(NAMES)
SIZE = st.one_of(st.integers(0, 6), st.integers(0, 3000))
TOO_LONG = 70_000
"""Bytes that no UDP datagram holds."""
QUEUE = Path("/proc/sys/net/unix/max_dgram_qlen")


class Datagrams(Model):
    """Three sockets by name. A step that a closed one cannot take does nothing."""

    def __init__(self, walk: Walk, family: Family) -> None:
        self.family, self.sent = family, 0
        super().__init__(walk)

    def open(self) -> None:
        """Binds all three."""
        longest = 0 if self.family.ip else int(QUEUE.read_text("ascii"))
        self.rules = Rules(self.family.ip, longest)
        self.ports = {name: self.bound(name, self.free_address()) for name in NAMES}
        self.known = {self.key(port.address): port.name for port in self.ports.values()}

    def free_address(self) -> Any:
        """An address that can be bound by number: one that the kernel has chosen is lost with the peer (udp(7))."""
        with socket(self.family.domain, SOCK_DGRAM) as probe:
            probe.bind(self.family.address())
            return probe.getsockname()

    def bound(self, name: str, address: Any) -> Port:
        """A socket of that name."""
        end = self.peers.socket(name, self.family.domain, SOCK_DGRAM)
        end.bind(address)
        return Port(name, end, address)

    def key(self, address: Any) -> Any:
        """What of an address tells who sent."""
        return address[:2] if self.family.ip else address

    def data(self, size: int) -> bytes:
        """Bytes that no other datagram of the walk has."""
        self.sent += 1
        return bytes((self.sent + place) % 256 for place in range(size))

    def goes(self, source: Port, target: Port, data: bytes, seen: Any) -> None:
        """What a send that gave `seen` changes."""
        if seen == "ECONNREFUSED":
            source.refused = False
        elif seen == len(data):
            if self.rules.takes(target, source):
                target.queue.append((data, source.name))
            elif self.rules.is_peer(source, target):
                source.refused = True

    @step(source=NAME, to=NAME, size=SIZE)
    def sendto(self, source: str, to: str, size: int) -> None:
        """Sends to an address."""
        sender, receiver = self.ports[source], self.ports[to]
        if not sender.closed:
            data = self.data(size)
            seen = outcome(lambda: sender.end.sendto(data, MSG_DONTWAIT, receiver.address))
            self.gives(f"{source}.sendto({to})", seen, self.rules.sending(sender, receiver, size))
            self.goes(sender, receiver, data, seen)

    @step(source=NAME, size=SIZE)
    def send(self, source: str, size: int) -> None:
        """Sends to the peer, if there is one."""
        sender = self.ports[source]
        if sender.closed or (not self.family.ip and sender.would_purge):
            return
        data = self.data(size)
        seen = outcome(lambda: sender.end.send(data, MSG_DONTWAIT))
        if sender.peer is None:
            self.gives(f"{source}.send()", seen, {"EDESTADDRREQ", "ENOTCONN"})
            return
        target = self.ports[sender.peer.name] if self.family.ip else sender.peer
        self.gives(f"{source}.send()", seen, self.rules.sending(sender, target, size))
        self.goes(sender, target, data, seen)
        if seen == "ECONNREFUSED" and not self.family.ip:
            sender.peer = None

    @step(source=NAME, to=NAME)
    def connect(self, source: str, to: str) -> None:
        """Gives a socket a peer, or another one."""
        port, peer = self.ports[source], self.ports[to]
        if port.closed or port.refused or (not self.family.ip and port.would_purge):
            return
        seen = outcome(lambda: port.end.connect(peer.address))
        self.gives(f"{source}.connect({to})", seen, self.rules.connecting(port, peer))
        port.peer = peer if seen is None else port.peer

    @step(source=NAME)
    def disconnect(self, source: str) -> None:
        """Takes the peer away."""
        port = self.ports[source]
        if not (port.closed or port.refused or port.would_purge):
            self.gives(f"{source}.connect(AF_UNSPEC)", outcome(lambda: disconnect(port.end)), {None})
            port.peer = None

    @step(name=NAME, size=SIZE, peek=st.booleans())
    def recv(self, name: str, size: int, peek: bool) -> None:
        """Receives a datagram, or looks at it."""
        port = self.ports[name]
        if port.closed:
            return
        flags = MSG_DONTWAIT | (MSG_PEEK if peek else 0)
        seen = self.comes_to(f"{name}.recvmsg({size})", lambda: self.received(port, size, flags),
                             self.rules.receiving(port, size))  # fmt: skip
        if seen == "ECONNREFUSED":
            port.refused = False
        elif not peek and seen != "EAGAIN":
            port.queue.pop(0)

    def received(self, port: Port, size: int, flags: int) -> Any:
        """The data of a datagram, whether it was cut, and who sent it."""
        got = outcome(lambda: port.end.recvmsg(size, 0, flags))
        if isinstance(got, str):
            return got
        data, _, came, address = got
        return data, bool(came & MSG_TRUNC), self.known.get(self.key(address), address)

    @step(name=NAME)
    def measure(self, name: str) -> None:
        """Asks with MSG_TRUNC how long the next datagram is (recv(2))."""
        port = self.ports[name]
        if not port.closed and port.queue and not port.refused:
            flags = MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC
            seen = outcome(lambda: port.end.recv_into(bytearray(1), 1, flags))
            self.gives(f"{name}.recv(1, MSG_PEEK|MSG_TRUNC)", seen, {len(port.queue[0][0])})

    @step(name=NAME)
    def send_too_much(self, name: str) -> None:
        """Sends more than fits into a datagram."""
        port = self.ports[name]
        if not port.closed:
            size = TOO_LONG if self.family.ip else port.end.getsockopt(SOL_SOCKET, SO_SNDBUF) + 1
            seen = outcome(lambda: port.end.sendto(bytes(size), MSG_DONTWAIT, port.address))
            self.gives(f"{name}.sendto({size} bytes)", seen, {"EMSGSIZE"})

    @step(name=NAME)
    def close(self, name: str) -> None:
        """Closes a socket, with all that it has not received."""
        port = self.ports[name]
        port.closed = True
        port.queue.clear()
        port.refused = False
        port.end.close()

    @step(name=NAME)
    def come_again(self, name: str) -> None:
        """Binds another socket to the address of one that was closed."""
        if self.ports[name].closed:
            self.ports[name] = self.bound(name, self.ports[name].address)

    def agrees(self) -> None:
        """Compares poll and FIONREAD of each socket that is open."""
        __tracebackhide__ = True
        for port in self.ports.values():
            if not port.closed:
                self.comes_to(f"poll() of {port.name}", lambda end=port.end: mask_of(end), self.rules.events(port))
                size = len(port.queue[0][0]) if port.queue else 0
                self.comes_to(f"FIONREAD of {port.name}", lambda end=port.end: unread(end), {size})

    def state(self) -> Any:
        """What is queued, who is whose peer, who is closed."""
        return tuple(
            (min(len(port.queue), 3), port.peer and (port.peer.name, port.peer.closed), port.refused, port.closed)
            for port in self.ports.values()
        )
