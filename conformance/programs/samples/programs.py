"""The programs of the documents, written again in our own words with the same calls and the same faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from select import POLLIN
from socket import SHUT_WR, SO_LINGER, SOCK_STREAM, SOL_SOCKET

import pytest

from fixtures.evidence.expect import linger
from fixtures.evidence.kernel_view import Ends, reaches
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready, until
from fixtures.stage.compiler import compiled
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers
from fixtures.stage.programs import Program, running

SOURCES = Path(__file__).with_name("sources")
needs_samples = pytest.mark.needs("compiler", "namespace")
"""What every sample takes. They listen at every address: harmless in a namespace of the scenario's own."""
WRAPPERS = {"accept": "tells.c", "fork": "no_child.c"}
"""Functions that a sample may get from us: accept() that says where it fails, fork() that always does."""
ANY_PORT = "0"
LARGE = 1 << 16


@contextmanager
def sample(
    name: str, *options: str, port: int | str = ANY_PORT, lane: str = "server", files: int | None = None,
    stdout: int | None = None, before: Callable[[], None] | None = None, wrapped: str | None = None,
) -> Iterator[Program]:  # fmt: skip
    """The sample of that name at work, compiled with these options; ended when the block is left.

    A server waits at the port, by default one that the kernel chooses; a client goes to it. The function `wrapped` is
    another one: see WRAPPERS.
    """
    further = [SOURCES / WRAPPERS[wrapped]] if wrapped else []
    path = compiled(SOURCES / f"{name}.c", *options, *wrapping(wrapped), further=further)
    with running(path, str(port), lane=lane, files=files, stdout=stdout, before=before) as program:
        yield program


def wrapping(name: str | None) -> tuple[str, ...]:
    """The options with which the linker takes a function of ours in place of the C library's (ld(1), --wrap)."""
    return (f"-Wl,--wrap={name}",) if name else ()


def unused_port(peers: Peers, family: Family, *, kind: int = SOCK_STREAM) -> int:
    """A port at which nobody waits."""
    with peers.socket("nobody", family.domain, kind) as end:
        end.bind(family.address())
        return int(end.getsockname()[1])


def served(peers: Peers, family: Family, server: Program, *, lane: str = "client") -> RecordedSocket:
    """A client that is connected to a server."""
    return peers.connecting(family, server.address(family), lane=lane)


def asked(client: RecordedSocket, question: bytes) -> bytes:
    """What comes back for `question`, as much as it has bytes. Raises Deviation where nothing does."""
    client.send(question)
    return received(client, len(question))


def received(client: RecordedSocket, count: int) -> bytes:
    """The next `count` bytes, or less where the end comes before. Raises Deviation where nothing comes."""
    data = b""
    while len(data) < count:
        ready(client, POLLIN)
        if not (part := client.recv(min(count - len(data), LARGE))):
            break
        data += part
    return data


def rest(client: RecordedSocket) -> bytes:
    """Everything up to end of file. Raises Deviation where it does not come."""
    return received(client, 1 << 40)


MANY = 1000
"""Turns of a loop after which nobody can say that it waits for anything."""


def turns(server: Program, line: str) -> int:
    """How often a server has told of the same error, once that is often. Raises Deviation where it does not."""

    def told() -> int:
        count = server.complaints().count(f"{line}\n")
        return count if count >= MANY else 0

    return until(told, what=f"{server.lane} to tell {MANY} times: {line}")


def go_away(client: RecordedSocket, last: bytes) -> None:
    """Sends a last message, ends its side, and is gone before anybody answers; the answer can only fail.

    The server has the end of the stream and the reset by then, in that order: what it writes next is EPIPE.
    """
    server = Ends.of(client).reversed
    client.send(last)
    client.shutdown(SHUT_WR)
    reaches(server, "CLOSE_WAIT")
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    client.close()
    reaches(server, "CLOSE")


def inherited(count: int) -> Callable[[], None]:
    """What makes a program begin with `count` descriptors, so that its own have larger numbers."""

    def prepare() -> None:
        null = os.open(os.devnull, os.O_RDONLY)
        os.set_inheritable(null, True)
        for number in range(3, count):
            os.dup2(null, number)

    return prepare
