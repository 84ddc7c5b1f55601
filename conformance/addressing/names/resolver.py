"""Names looked up by the C library under an /etc of our own, and the name server that answers.

A child looks up: it has a mount namespace of its own, in which /etc is empty but for our files. The scenario's
process is the name server meanwhile, at 127.0.0.1:53 of the scenario's network namespace.
"""

from __future__ import annotations

import ctypes
import os
import select
from collections.abc import Callable
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM
from typing import Any

from conformance.addressing.names.dns import Question, answer, question
from fixtures.evidence.verdicts import Deviation
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.children import Child, child
from fixtures.stage.families import ip4
from fixtures.stage.namespaces import unshare
from fixtures.stage.peers import Peers

CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | 1 << 18
DOMAIN = 53
"""The port of name servers; resolv.conf(5) knows no other."""
SERVICES = "ours 4711/tcp\nours 4711/udp\nonly-stream 4712/tcp\none-number 4713/tcp\nother-number 4713/udp\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n192.0.2.10 both.test\n2001:db8::10 both.test\n192.0.2.20 four.test\n"
CONFIGURING = ("RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES", "RESOLV_HOST_CONF")
"""Variables by which a user changes what the files say."""
_libc = ctypes.CDLL(None, use_errno=True)


class Resolver:
    """A name server with `records` by name and type, the files of an /etc, and the `questions` that came."""

    def __init__(self, peers: Peers) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.truncating = False
        """Whether answers over UDP say that they are cut."""
        self.changes: dict[tuple[str, str], list[str]] = {}
        """Records that hold from the second question on."""
        self.questions: list[Question] = []
        self.files = {"hosts": HOSTS, "services": SERVICES}
        self.order, self.options = "files dns", ""
        self._peers = peers
        self._datagrams = peers.socket("nameserver", ip4.domain, SOCK_DGRAM)
        self._listener = peers.socket("nameserver", ip4.domain, SOCK_STREAM)
        self._listener.child_lane = "nameserver"
        for end in (self._datagrams, self._listener):
            end.bind((ip4.loopback, DOMAIN))
        self._listener.listen(8)
        self._connections: dict[int, tuple[Any, bytearray]] = {}

    def close(self) -> None:
        """Nobody answers at the name server's address any more."""
        self._datagrams.close()
        self._listener.close()

    def during(self, piece: Callable[[], Any]) -> Any:
        """What `piece` returns or raises in a child whose lookups come here. Raises Deviation if it does not end."""
        with child(lambda: self._inside(piece)) as looking:
            while not self._served(looking):
                pass
            return looking.ends().value

    def _inside(self, piece: Callable[[], Any]) -> Any:
        own_etc()
        configuration = f"nameserver {ip4.loopback}\noptions timeout:30 attempts:1 {self.options}\n"
        files = {**self.files, "resolv.conf": configuration,
                 "nsswitch.conf": f"hosts: {self.order}\nservices: files\n"}  # fmt: skip
        for name, text in files.items():
            Path("/etc", name).write_text(text, encoding="ascii")
        return piece()

    def _served(self, looking: Child) -> bool:
        """Answers what has come; whether the child has ended."""
        poll = select.poll()
        own = (self._datagrams, self._listener, *(end for end, _ in self._connections.values()))
        for end in (looking, *(end for end in own if end.fileno() >= 0)):
            poll.register(end.fileno(), select.POLLIN)
        ready = {number for number, _ in poll.poll(GENEROUS * 1000)}
        if not ready:
            raise Deviation(f"expected  the lookup to end\nwithin    {GENEROUS:g} s\nobserved  still waiting")
        self._serve(ready)
        return looking.fileno() in ready

    def _serve(self, ready: set[int]) -> None:
        if self._datagrams.fileno() in ready:
            message, source = self._datagrams.recvfrom(1 << 16)
            self._datagrams.sendto(self._answer(message, "UDP"), source)
        for number in ready & set(self._connections):
            self._serve_stream(*self._connections[number])
        if self._listener.fileno() in ready:
            accepted = self._peers.accepting(self._listener)
            self._connections[accepted.fileno()] = accepted, bytearray()

    def _serve_stream(self, end: Any, held: bytearray) -> None:
        """Over TCP each message has two bytes of length before it (RFC 1035 4.2.2)."""
        if not (part := end.recv(1 << 16)):
            del self._connections[end.fileno()]
        held += part
        while len(held) >= 2 and len(held) >= 2 + (size := int.from_bytes(held[:2], "big")):
            reply = self._answer(bytes(held[2 : 2 + size]), "TCP")
            del held[: 2 + size]
            end.sendall(len(reply).to_bytes(2, "big") + reply)

    def _answer(self, message: bytes, transport: str) -> bytes:
        asked = question(message, transport)
        self.questions.append(asked)
        records = self.records.get((asked.name, asked.kind), [])
        known = any(name == asked.name for name, _ in self.records)
        cut = self.truncating and transport == "UDP"
        self.records |= self.changes
        return answer(message, records, kind=asked.kind, known=known, truncated=cut)


def own_etc() -> None:
    """Gives this process an empty /etc that nobody else sees, and no cache daemon. Raises OSError where refused."""
    unshare(CLONE_NEWNS)
    _mount(None, "/", None, MS_REC_PRIVATE)
    for folder in ("/etc", "/run/nscd", "/var/run/nscd"):
        if Path(folder).is_dir():
            _mount(b"tmpfs", folder, b"tmpfs", 0)
    for name in CONFIGURING:
        os.environ.pop(name, None)


def _mount(source: bytes | None, target: str, kind: bytes | None, flags: int) -> None:
    if _libc.mount(source, target.encode(), kind, ctypes.c_ulong(flags), None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount: {os.strerror(number)}")
