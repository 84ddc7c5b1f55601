"""Which of two pieces of work takes less: the best of several tries, since what else the machine does only adds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from socket import SO_SNDBUF, SOL_SOCKET, socket

from fixtures.evidence.calls import as_one_call
from fixtures.evidence.patience import GENEROUS
from fixtures.evidence.scenario import note
from fixtures.evidence.verdicts import Deviation, NoMargin
from fixtures.stage.children import in_child
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

TRIES = 15
"""Of each of the two that are compared, in each part."""
PARTS = 8
"""At most, until two in a row have found that one takes less, or `WRONG_PARTS` the contrary."""
MARGIN = 1.05
"""By how much less it must be, to be no chance."""
WRONG_WAY = 2.0
"""How many times as much it must be, in every part, to deviate: less than that may be the machine's doing."""
WRONG_PARTS = 4
"""So many parts, and no other, must have found it."""
SHARE = 0.5
"""Of the patience for a scenario, in which to measure: a machine that is too slow for that gives no verdict."""
ROOM = 1 << 17
"""Bytes asked for as buffers of both ends, which the kernel doubles."""
CHUNK = 1 << 16
"""Bytes at a time: they fit the buffers, so that nothing waits."""
CHUNKS = 20
FEW_CHUNKS = 4

Measure = Callable[[], float]
"""Does a piece of work once, and gives the seconds that it took."""


def takes_less(one: Measure, other: Measure) -> None:
    """Holds when `one` takes less than `other`, in the best of several tries that take turns, twice in a row.

    Raises Deviation when it takes `WRONG_WAY` times as much in every part. What lies between is a statement about the
    machine as much as about the kernel, and raises NoMargin.
    """
    found: list[tuple[float, float]] = []
    until = time.monotonic() + GENEROUS * SHARE
    while len(found) < PARTS and not (settled(found) or (found and time.monotonic() > until)):
        found.append(best_of_each(one, other))
    holds, told = clear(found), ", ".join(map(spelt, found))
    note("takes less", told, holds=holds)
    if deviates(found):
        raise Deviation(f"expected  takes less\nobserved  {told}")
    if not holds:
        raise NoMargin(f"no clear margin between the two, so nothing is learnt of the kernel: {told}")


def settled(found: list[tuple[float, float]]) -> bool:
    """Whether more parts would tell nothing new."""
    return clear(found) or deviates(found)


def clear(found: list[tuple[float, float]]) -> bool:
    """Whether the first of two took less, twice in a row."""
    return len(found) > 1 and all(map(less, found[-2:]))


def less(part: tuple[float, float]) -> bool:
    """Whether the first of two took less."""
    return part[0] * MARGIN < part[1]


def deviates(found: list[tuple[float, float]]) -> bool:
    """Whether the first of two took so much more, in every one of enough parts, that no machine explains it."""
    return len(found) >= WRONG_PARTS and all(one >= other * WRONG_WAY > 0 for one, other in found)


def spelt(part: tuple[float, float]) -> str:
    """Both in microseconds."""
    return f"{part[0] * 1e6:.1f} against {part[1] * 1e6:.1f} us"


def best_of_each(one: Measure, other: Measure) -> tuple[float, float]:
    """The least of either, which what else the machine does adds to last; where a try takes long, of fewer."""
    until = time.monotonic() + GENEROUS * SHARE / WRONG_PARTS
    pairs: list[tuple[float, float]] = []
    with as_one_call("measured work"):
        while len(pairs) < TRIES and not (pairs and time.monotonic() > until):
            pairs.append((one(), other()))
    return min(first for first, _ in pairs), min(second for _, second in pairs)


def processor_time(work: Callable[[], object]) -> Measure:
    """Measures `work` by the processor time of this thread."""
    return lambda: taken(time.thread_time, work)


def elapsed(work: Callable[[], object]) -> Measure:
    """Measures `work` from its beginning to its end."""
    return lambda: taken(time.monotonic, work)


def taken(clock: Callable[[], float], work: Callable[[], object]) -> float:
    """Seconds of `clock` while `work` is done once."""
    began = clock()
    work()
    return clock() - began


def roomy(peers: Peers, family: Family) -> Pair:
    """A connected pair with large buffers, whatever the system's defaults are."""
    pair = peers.pair(family, rcvbuf=ROOM)
    pair.client.setsockopt(SOL_SOCKET, SO_SNDBUF, ROOM)
    return pair


def carried(sender: socket, receiver: socket, *, chunks: int = CHUNKS) -> Callable[[], None]:
    """Carries that many pieces from one end to the other, one after the other."""
    piece, into = bytes(CHUNK), bytearray(CHUNK)

    def work() -> None:
        for _ in range(chunks):
            sent = socket.send(sender, piece)
            while sent:
                sent -= socket.recv_into(receiver, into)

    return work


QUESTION = b"how is the weather there"
"""Of two dozen bytes, as an exchange of short messages has them."""
EXCHANGES = 20


def exchanged(client: socket, server: socket) -> Callable[[], None]:
    """Asks and answers `EXCHANGES` times."""

    def work() -> None:
        for _ in range(EXCHANGES):
            socket.send(client, QUESTION)
            socket.send(server, socket.recv(server, len(QUESTION)))
            socket.recv(client, len(QUESTION))

    return work


FRAME = 1400
"""Bytes of a datagram that fits a frame of Ethernet, with the headers of either version of IP."""


def as_datagrams(sender: socket, receiver: socket) -> Callable[[], None]:
    """Carries `FEW_CHUNKS` pieces in datagrams, each received before the next is sent."""
    piece, into = bytes(FRAME), bytearray(FRAME)

    def work() -> None:
        for _ in range(FEW_CHUNKS * CHUNK // FRAME):
            socket.send(sender, piece)
            socket.recv_into(receiver, into)

    return work


def emptied(receiver: socket, count: int) -> None:
    """Receives `count` bytes."""
    while count:
        count -= len(socket.recv(receiver, count))


def sending_time(send: Callable[[], int], receiver: socket) -> Measure:
    """Measures the processor time of `send` alone; what it sent is received behind it."""

    def measure() -> float:
        began = time.thread_time()
        sent = send()
        took = time.thread_time() - began
        emptied(receiver, sent)
        return took

    return measure


def by_sendfile(sender: socket, file: int) -> Callable[[], int]:
    """Sends the beginning of a file without seeing it."""
    return lambda: os.sendfile(sender.fileno(), file, 0, CHUNK)


def by_hand(sender: socket, file: int) -> Callable[[], int]:
    """Reads the beginning of a file, and sends it."""
    return lambda: socket.send(sender, os.pread(file, CHUNK, 0))


def thread() -> None:
    """Starts a thread that does nothing, and waits for its end."""
    started = threading.Thread(target=int)
    started.start()
    started.join()


def process() -> None:
    """Starts a process that does nothing, and waits for its end."""
    in_child(int)
