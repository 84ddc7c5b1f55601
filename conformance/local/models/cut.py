"""Control messages in a buffer of any length: whole where they fit, and what does not fit is told and lost.

recv(2), MSG_CTRUNC; unix(7), SCM_RIGHTS; cmsg(3).
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from contextlib import ExitStack
from socket import AF_UNIX, CMSG_LEN, CMSG_SPACE, MSG_CTRUNC, MSG_DONTWAIT, SOCK_DGRAM, SOCK_STREAM
from typing import Any

from hypothesis import strategies as st

from conformance.local.unix.rights import INT, at_end, rights
from fixtures.models.machine import Model, outcome, step

KINDS = {"stream": SOCK_STREAM, "datagram": SOCK_DGRAM}
MOST = 5
KIND = st.sampled_from(tuple(KINDS))
ROOM = st.integers(0, CMSG_SPACE(MOST * INT) + 4)


def pipe_of(reading_kept: ExitStack, writing_kept: ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed with these, also where the next one is refused."""
    reading, writing = os.pipe()
    reading_kept.callback(os.close, reading)
    writing_kept.callback(os.close, writing)
    return reading, writing


class Cut(Model):
    """Pairs that pass the writing ends of pipes: whether one was closed shows at its reading end."""

    @step(kind=KIND, count=st.integers(1, MOST), room=ROOM)
    def pass_into(self, kind: str, count: int, room: int) -> None:
        """Passes so many descriptors to who has so many bytes of room."""
        with ExitStack() as kept:
            ends = zip(socket.socketpair(AF_UNIX, KINDS[kind]), ("sender", "receiver"), strict=True)
            sender, receiver = (kept.enter_context(self.peers.take(end, lane)) for end, lane in ends)
            with ExitStack() as passed:
                pipes = [pipe_of(kept, passed) for _ in range(count)]
                sender.sendmsg([b"data"], rights(*(writing for _, writing in pipes)))
            fits = min(count, max(0, room - CMSG_LEN(0)) // INT)
            self.receives(receiver, room, fits, count)
            self.gives("the ends that were closed", [at_end(reading) for reading, _ in pipes], [[True] * count])

    def receives(self, receiver: Any, room: int, fits: int, count: int) -> None:
        """The data, as many descriptors as fit, and whether any was cut off."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python, about what was cut
            seen = outcome(lambda: receiver.recvmsg(10, room, MSG_DONTWAIT))
        if isinstance(seen, str):
            self.gives("recvmsg()", seen, {"data"})
        data, ancillary, flags, _ = seen
        numbers = [content[place : place + INT] for _, _, content in ancillary for place in range(0, len(content), INT)]
        for number in numbers:
            os.close(int.from_bytes(number, sys.byteorder))
        self.gives("the data", data, {b"data"})
        self.gives("the number of descriptors", len(numbers), {fits})
        self.gives("MSG_CTRUNC", bool(flags & MSG_CTRUNC), {fits < count})

    def state(self) -> Any:
        """Nothing lasts."""
        return None
