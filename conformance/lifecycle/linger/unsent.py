"""Ends with bytes that cannot leave, because the other end does not read; and the reading of them later on."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

PATTERN = bytes(range(251)) * 2000
"""What is sent: a prime period, so that a piece which is lost, doubled or moved does not fit."""
SMALL = 8192
"""Bytes asked for as SO_RCVBUF of the reader, which bounds its window."""
LARGE = 65536
"""Bytes asked for as SO_SNDBUF of the writer: more than the reader can take, so that some stay behind."""
MOMENT = 0.05
"""Seconds in which a close() that does not wait would have returned, on any machine."""


def jammed(peers: Peers, family: Family) -> tuple[Pair, bytes]:
    """A pair whose client holds bytes that it cannot send, and all that it has taken so far."""
    pair = peers.pair(family, rcvbuf=SMALL)
    return pair, jam(pair.client)


def jam(end: RecordedSocket) -> bytes:
    """Sends until `end` takes no more, and gives what it took."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGE)
    taken = 0
    with suppress(BlockingIOError):
        while taken < len(PATTERN):
            taken += end.send(PATTERN[taken:], socket.MSG_DONTWAIT)
    return PATTERN[:taken]


def drain(end: RecordedSocket, into: bytearray) -> None:
    """Reads until end of file. Raises OSError where the connection ends otherwise."""
    while True:
        ready(end, select.POLLIN)
        if not (piece := end.recv(LARGE)):
            return
        into += piece


@dataclass
class LateReader:
    """Reads everything, but only after giving close() a moment to return."""

    end: RecordedSocket
    closed: threading.Event = field(default_factory=threading.Event)
    """To be set when close() has returned."""
    received: bytearray = field(default_factory=bytearray)
    awaited: bool = False
    """Whether close() had still not returned when the reading began."""

    def read(self) -> None:
        """Everything until end of file."""
        self.awaited = not self.closed.wait(MOMENT)
        drain(self.end, self.received)


@contextmanager
def late_reader(end: RecordedSocket) -> Iterator[LateReader]:
    """A LateReader of `end` at work in a thread; the block ends when it has read everything.

    A child process would hold a copy of the other end as well, and its close() would not be the last.
    """
    reader = LateReader(end)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read)
        yield reader
    reading.result()
