"""Sockets that lie in one another's queues, each with the end of a pipe that tells when they are gone."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Sequence
from errno import ETOOMANYREFS
from socket import AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_STREAM

from conformance.local.unix.rights import Held, Pipe, at_end, rights, room
from fixtures.evidence.waiting import until

Ends = tuple[int, int]
"""Descriptors of a connected pair: over the first one sends what then lies in the queue of the second."""


def unheard() -> None:
    """Closes a socket that nobody has known: at the latest then garbage is looked for (net/unix/af_unix.c)."""
    socket.socket(AF_UNIX, SOCK_STREAM).close()


def hung_up(number: int) -> bool:
    """Whether that end of a connection sees that its peer is gone."""
    poll = select.poll()
    poll.register(number, 0)
    return any(bits & select.POLLHUP for _, bits in poll.poll(0))


def collected(*pipes: Pipe) -> None:
    """Returns when the writing ends of these pipes are closed. Raises Deviation if they never are."""

    def gone() -> bool:
        if all(at_end(pipe.reading) for pipe in pipes):
            return True
        unheard()
        return False

    until(gone, what="what nobody holds any more to be closed")


class Rings(Held):
    """Descriptors of one scenario. Leaving the block closes what is still open."""

    def pair(self, kind: int = SOCK_STREAM) -> Ends:
        """A connected pair."""
        first, second = socket.socketpair(AF_UNIX, kind)
        ends = first.detach(), second.detach()
        self._open.update(dict.fromkeys(ends))
        return ends

    def close_all(self, *numbers: int) -> None:
        """Closes them now."""
        for number in numbers:
            self.close(number)

    def post(self, over: int, *numbers: int, flags: int = 0, data: bytes = b"x") -> None:
        """Sends descriptors over one end of a pair: they lie in the queue of the other then."""
        with socket.socket(fileno=os.dup(over)) as end:
            end.sendmsg([data], rights(*numbers), flags | MSG_NOSIGNAL)

    def may_post(self, over: int, *numbers: int) -> bool:
        """Whether that many are taken: not where the user has too many in flight."""
        try:
            self.post(over, *numbers)
        except OSError as error:
            if error.errno != ETOOMANYREFS:
                raise
            return False
        return True

    def passed(self, number: int, *, flags: int = 0, most: int = 3) -> list[int]:
        """The descriptors of the message that is next in the queue of an end. Raises OSError where there is none."""
        with socket.socket(fileno=os.dup(number)) as end:
            _, ancillary, _, _ = end.recvmsg(1, room(most), MSG_DONTWAIT | flags)
        return self.taken(ancillary)

    def ring(self, count: int, kind: int = SOCK_STREAM, *, flags: int = 0) -> tuple[list[Ends], Pipe]:
        """So many pairs of which each second end lies in the queue of the next one's, the last in that of the first.

        One of the messages holds the writing end of the pipe too, which is closed here.
        """
        pairs, pipe = [self.pair(kind) for _ in range(count)], self.pipe()
        for at, (_, passed) in enumerate(pairs):
            over = pairs[(at + 1) % count][0]
            self.post(over, passed, *([pipe.writing] if at == 0 else []), flags=flags)
        self.close(pipe.writing)
        return pairs, pipe

    def let_go(self, pairs: Sequence[Ends]) -> None:
        """Closes all descriptors of these pairs."""
        self.close_all(*(number for ends in pairs for number in ends))

    def looked_for_garbage(self, kind: int = SOCK_STREAM) -> None:
        """Returns when the kernel has collected a ring that was made and let go just now."""
        pairs, pipe = self.ring(2, kind)
        self.let_go(pairs)
        collected(pipe)
