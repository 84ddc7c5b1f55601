"""Vectored sends and receives of any shape: the buffers are one message (readv(2), send(2), recv(2))."""

from __future__ import annotations

import os
from itertools import accumulate
from typing import Any

from hypothesis import strategies as st

from fixtures.models.looks import unread
from fixtures.models.machine import Model, outcome, step
from fixtures.models.walk import Walk
from fixtures.stage.families import Family

SHAPE = st.lists(st.integers(0, 40), min_size=1, max_size=6)
UNTOUCHED = 0xFF


class Vectors(Model):
    """A connected pair; what was sent and not yet received is `queue`."""

    def __init__(self, walk: Walk, family: Family) -> None:
        self.family, self.sent, self.queue = family, 0, b""
        super().__init__(walk)

    def open(self) -> None:
        """A pair."""
        self.client, self.server = self.peers.pair(self.family)

    @step(shape=SHAPE, as_file=st.booleans())
    def send(self, shape: list[int], as_file: bool) -> None:
        """Sends buffers of these sizes, by sendmsg() or as a file by writev()."""
        whole = bytes((self.sent + place) % UNTOUCHED for place in range(sum(shape)))
        ends = list(accumulate(shape))
        buffers = [whole[end - size : end] for size, end in zip(shape, ends, strict=True)]
        self.sent += len(whole)
        if as_file:
            seen = outcome(lambda: os.writev(self.client.fileno(), buffers))
        else:
            seen = outcome(lambda: self.client.sendmsg(buffers))
        self.gives("the bytes that were sent", seen, {len(whole)})
        self.queue += whole

    @step(when=lambda self: bool(self.queue), shape=SHAPE, as_file=st.booleans())
    def receive(self, shape: list[int], as_file: bool) -> None:
        """Receives into buffers of these sizes, by recvmsg() or as a file by readv()."""
        buffers = [bytearray([UNTOUCHED] * size) for size in shape]
        count = min(sum(shape), len(self.queue))
        if as_file:
            seen = outcome(lambda: os.readv(self.server.fileno(), buffers))
        else:
            seen = outcome(lambda: self.server.recvmsg_into(buffers)[0])
        self.gives("the bytes that were received", seen, {count})
        expected = self.queue[:count] + bytes([UNTOUCHED] * (sum(shape) - count))
        self.gives("the buffers, one behind the other", b"".join(buffers), {expected})
        self.queue = self.queue[count:]

    def agrees(self) -> None:
        """Waits until all has come."""
        self.comes_to("FIONREAD", lambda: unread(self.server), {len(self.queue)})

    def state(self) -> Any:
        """How much is queued."""
        return min(len(self.queue) // 20, 5)
