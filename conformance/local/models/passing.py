"""Sockets that are passed over sockets, themselves included, until nobody can reach them."""

from __future__ import annotations

import os
import socket
import sys
from select import POLLHUP
from socket import CMSG_SPACE, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK
from typing import Any

from hypothesis import strategies as st

from conformance.local.models.graph import End, collect
from conformance.local.unix.rights import INT, rights
from fixtures.models.looks import mask_of_number, release_one
from fixtures.models.machine import Model, outcome, step

PAIRS = 3
MOST = 12
"""Descriptors of one walk."""
WHICH = st.integers(0, 2 * PAIRS - 1)
NOW = MSG_DONTWAIT | MSG_NOSIGNAL


class Passing(Model):
    """Connected pairs whose ends are held by the process or by one another. A place where nobody is does nothing."""

    def open(self) -> None:
        """Three pairs."""
        self.ends: list[End] = []
        self.made = 0
        for _ in range(PAIRS):
            self.connect()

    def connect(self) -> None:
        """One more pair."""
        self.made += 1
        near, far = (self.end(half, f"{self.made}{name}") for half, name in zip(socket.socketpair(), "ab", strict=True))
        near.peer, far.peer = far, near
        self.ends += [near, far]

    def end(self, half: socket.socket, name: str) -> End:
        """One end, by its number."""
        number = half.detach()
        return End(name, os.fstat(number).st_ino, [number])

    def teardown(self) -> None:
        """Lets go of all."""
        for number in [number for end in self.ends for number in end.numbers]:
            os.close(number)
        super().teardown()

    def held(self, which: int) -> End | None:
        """The end at that place among those that the process holds, counted round and round."""
        found = [end for end in self.ends if end.numbers]
        return found[which % len(found)] if found else None

    def is_full(self) -> bool:
        """Whether no more descriptors are to be had."""
        return sum(len(end.numbers) for end in self.ends) >= MOST

    @step(over=WHICH, what=WHICH)
    def send(self, over: int, what: int) -> None:
        """Passes an end over an end."""
        end, passed = self.held(over), self.held(what)
        if end is None or passed is None:
            return
        with socket.socket(fileno=os.dup(end.numbers[0])) as sender:
            seen = outcome(lambda: sender.sendmsg([b"x"], rights(passed.numbers[0]), NOW))
        self.gives(f"sendmsg() of {passed.name} over {end.name}", seen,
                   {1, "ETOOMANYREFS"} if end.peer.alive else {"EPIPE"})  # fmt: skip
        if seen == 1:
            end.peer.queue.append(passed)

    @step(which=WHICH, peek=st.booleans())
    def receive(self, which: int, peek: bool) -> None:
        """Takes an end out of a queue, or a further descriptor of it by looking."""
        end = self.held(which)
        if end is None or self.is_full():
            return
        with socket.socket(fileno=os.dup(end.numbers[0])) as receiver:
            seen = outcome(lambda: receiver.recvmsg(1, CMSG_SPACE(INT), NOW | (MSG_PEEK if peek else 0)))
        if not end.queue:
            accepted = {"EAGAIN"} if end.peer.alive else {b"", "ECONNRESET"}
            self.gives(f"recvmsg() of {end.name}", seen if isinstance(seen, str) else seen[0], accepted)
            return
        first = end.queue[0] if peek else end.queue.pop(0)
        self.gives(f"recvmsg() of {end.name}", seen if isinstance(seen, str) else seen[0], {b"x"})
        self.takes(first, seen[1])

    def takes(self, end: End, ancillary: Any) -> None:
        """What came is a further descriptor of that end."""
        numbers = [int.from_bytes(content, sys.byteorder) for _, _, content in ancillary]
        known = {each.inode: each.name for each in self.ends}
        self.gives("what came", [known.get(os.fstat(number).st_ino) for number in numbers], [[end.name]])
        end.numbers += numbers

    @step(which=WHICH)
    def close(self, which: int) -> None:
        """Closes a descriptor. What nobody can reach any more goes, whether or not it holds itself."""
        if (end := self.held(which)) is not None:
            os.close(end.numbers.pop())
            collect(self.ends)

    @step(when=lambda self: sum(bool(end.numbers) for end in self.ends) < 2 * PAIRS)
    def connect_again(self) -> None:
        """One more pair, where some are gone."""
        if not self.is_full():
            self.connect()

    def agrees(self) -> None:
        """Every end sees whether its peer is there: garbage is collected at the latest when another socket goes."""
        for end in self.ends:
            if end.numbers:
                expected = {0 if end.peer.alive else POLLHUP}
                self.comes_to(f"POLLHUP of {end.name}", lambda end=end: self.hung_up(end), expected)

    def hung_up(self, end: End) -> int:
        """Whether an end sees that its peer is gone, after a socket has gone where it should be."""
        if not end.peer.alive and not mask_of_number(end.numbers[0]) & POLLHUP:
            release_one()
        return mask_of_number(end.numbers[0]) & POLLHUP

    def state(self) -> Any:
        """Who holds whom."""
        places = {end: place for place, end in enumerate(self.ends)}
        return tuple(
            (min(len(end.numbers), 2), end.peer.alive, *(places[each] for each in end.queue[:3])) for end in self.ends
        )
