"""Maps of sockets, and the programs that say what becomes of what their sockets send and receive (linux/bpf.h)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.ebpf import SOCKMAP, attached, call, delete, end, loaded, new_map, put, the_map, update

SK_SKB, SK_MSG = 14, 16
PARSER, STREAM_VERDICT, MESSAGE, VERDICT = 4, 5, 7, 38
"""Where programs are attached."""
DROP, PASS = 0, 1
INGRESS = 1
"""The flag of a redirection to what is received; without it, to what is sent."""
KINDS = {PARSER: SK_SKB, STREAM_VERDICT: SK_SKB, VERDICT: SK_SKB, MESSAGE: SK_MSG}
REDIRECT = {SK_SKB: 52, SK_MSG: 60}
"""bpf_sk_redirect_map() and bpf_msg_redirect_map()."""


@dataclass(frozen=True)
class SocketMap:
    """A map of sockets; its programs are gone when its block ends."""

    descriptor: int
    stack: ExitStack

    def judges(self, place: int, steps: bytes) -> None:
        """Has a program decide from now on."""
        program = self.stack.enter_context(loaded(KINDS[place], steps))
        self.stack.enter_context(attached(program, self.descriptor, place))

    def redirects(self, place: int, flags: int = 0) -> None:
        """Has everything go to the second socket of the map."""
        to = the_map(2, self.descriptor) + put(3, 1) + put(4, flags)
        self.judges(place, to + call(REDIRECT[KINDS[place]]) + end())

    def takes(self, *ends: RecordedSocket) -> None:
        """Has these sockets, each by its place among them."""
        for number, one in enumerate(ends):
            update(self.descriptor, number, one.fileno())

    def loses(self, *numbers: int) -> None:
        """Has those sockets no longer."""
        for number in numbers:
            delete(self.descriptor, number)


@contextmanager
def socket_map() -> Iterator[SocketMap]:
    """A map without sockets or programs. Raises OSError."""
    with new_map(SOCKMAP) as descriptor, ExitStack() as stack:
        yield SocketMap(descriptor, stack)
