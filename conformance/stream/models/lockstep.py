"""A pair of streams over TCP and one on UNIX, on which the same is called: they give the same, but for a list."""

from __future__ import annotations

from collections.abc import Callable
from select import POLLERR, POLLHUP
from socket import (
    IPPROTO_TCP,
    MSG_DONTWAIT,
    MSG_NOSIGNAL,
    MSG_PEEK,
    SO_ERROR,
    SO_LINGER,
    SOL_SOCKET,
    TCP_NODELAY,
)  # fmt: skip
from typing import Any

from hypothesis import strategies as st

from conformance.stream.models.differences import SENT, Shut, between
from conformance.stream.models.pair import END, SHUTS, SIZE
from fixtures.evidence.expect import linger
from fixtures.evidence.recorder import RecordedSocket
from fixtures.models.looks import Mask, mask_of, unread
from fixtures.models.machine import Model, outcome, step
from fixtures.stage.families import ip4, unix
from fixtures.stage.peers import Pair

NOW = MSG_DONTWAIT | MSG_NOSIGNAL


class LockStep(Model):
    """Two pairs in step. After a difference that is listed they are no longer alike, and others take their place."""

    def open(self) -> None:
        """A pair of each family."""
        self.connect()

    def connect(self) -> None:
        """Two new pairs."""
        self.tcp, self.unix = self.peers.pair(ip4), self.peers.pair(unix)
        for end in self.tcp:
            end.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self.shut = {"client": Shut(), "server": Shut()}
        self.sent, self.apart = 0, False

    def teardown(self) -> None:
        """Leaves nothing in TIME_WAIT."""
        self.reset(self.tcp)
        super().teardown()

    def reset(self, pair: Pair) -> None:
        """Closes what is open of a pair, with a reset."""
        for end in pair:
            if end.fileno() >= 0:
                end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
                end.close()

    def both(self, call: str, end: str, ask: Callable[[RecordedSocket], Any], *, size: int = 0) -> Any:
        """What UNIX gives, which is what TCP gives unless there is a difference in the list."""
        other = self.shut["server" if end == "client" else "client"]
        difference = between(call, self.shut[end], other)
        ours, theirs = (outcome(lambda of=pair: ask(getattr(of, end))) for pair in (self.unix, self.tcp))
        if difference is None:
            return self.gives(f"{end}.{call}() over TCP as on UNIX", theirs, {ours})
        for observed, accepted, where in ((theirs, difference.tcp, "over TCP"), (ours, difference.unix, "on UNIX")):
            self.gives(f"{end}.{call}() {where}", SENT if size and observed == size else observed, accepted)
        self.apart = self.apart or ours != theirs or call == "send"
        return ours

    @property
    def going(self) -> bool:
        """Whether the pairs are alike, and somebody is there."""
        return not (self.apart or all(each.closed for each in self.shut.values()))

    def is_there(self, end: str) -> bool:
        """Whether a call can be made on an end."""
        return self.going and not self.shut[end].closed

    @step(end=END, size=SIZE)
    def send(self, end: str, size: int) -> None:
        """Sends the same bytes."""
        if self.is_there(end):
            data = bytes((self.sent + place) % 256 for place in range(size))
            self.sent += size
            self.both("send", end, lambda of: of.send(data, NOW), size=size)

    @step(end=END, size=SIZE, peek=st.booleans())
    def recv(self, end: str, size: int, peek: bool) -> None:
        """Receives, or looks."""
        if self.is_there(end):
            self.both("recv", end, lambda of: of.recv(size, NOW | (MSG_PEEK if peek else 0)))

    @step(end=END, how=st.sampled_from(tuple(SHUTS)))
    def shutdown(self, end: str, how: str) -> None:
        """Shuts one direction, or both."""
        if self.is_there(end):
            self.both("shutdown", end, lambda of: of.shutdown(SHUTS[how]))
            self.shut[end].reading |= how != "SHUT_WR"
            self.shut[end].writing |= how != "SHUT_RD"

    @step(end=END)
    def error(self, end: str) -> None:
        """Takes the error that is pending."""
        if self.is_there(end):
            self.both("error", end, lambda of: of.getsockopt(SOL_SOCKET, SO_ERROR))

    @step(end=END)
    def close(self, end: str) -> None:
        """Closes an end."""
        if self.is_there(end):
            self.shut[end].left_unread = unread(getattr(self.unix, end)) > 0
            self.both("close", end, lambda of: of.close())
            self.shut[end].closed = True

    @step(when=lambda self: not self.going)
    def connect_again(self) -> None:
        """Two other pairs, where these are closed or no longer alike."""
        for pair in (self.tcp, self.unix):
            self.reset(pair)
        self.connect()

    def agrees(self) -> None:
        """TCP comes to the state of poll and FIONREAD in which UNIX is at once."""
        __tracebackhide__ = True
        for end in self.shut if self.going else ():
            if self.is_there(end):
                ours, theirs = getattr(self.unix, end), getattr(self.tcp, end)
                self.comes_to(f"poll() of {end} over TCP", lambda end=end, of=theirs: self.mask(end, of),
                              {self.mask(end, ours)})  # fmt: skip
                self.comes_to(f"FIONREAD of {end} over TCP", lambda of=theirs: unread(of), {unread(ours)})

    def mask(self, end: str, of: RecordedSocket) -> Mask:
        """The poll bits. POLLHUP says on UNIX that the other end is gone or reads no more, over TCP that both ended.

        Who had ended the stream and then leaves data unread resets a UNIX socket, and nothing over TCP.
        """
        other = self.shut["server" if end == "client" else "client"]
        ended = POLLHUP if other.closed or other.reading else 0
        return Mask(mask_of(of) & ~(ended | (POLLERR if other.left_unread and other.writing else 0)))

    def state(self) -> Any:
        """What was shut, and whether something is unread."""
        return self.apart, *(tuple(vars(each).values()) for each in self.shut.values())
