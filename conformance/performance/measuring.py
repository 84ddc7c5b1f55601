"""Processor time of pieces of work, the least of several: what else the machine does adds to some and not to all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from socket import SO_SNDBUF, SOL_SOCKET, socket

from fixtures.children import in_child
from fixtures.families import Family
from fixtures.peers import Pair, Peers

TRIES = 30
ROOM = 1 << 17
"""Bytes asked for as buffers of both ends, which the kernel doubles."""
CHUNK = 1 << 16
"""Bytes at a time: they fit the buffers, so that nothing waits."""
CHUNKS = 20


def least(work: Callable[[], object], *, tries: int = TRIES) -> float:
    """Seconds of processor time that `work` takes in this thread, in the best of its tries."""
    found = []
    for _ in range(tries):
        began = time.thread_time()
        work()
        found.append(time.thread_time() - began)
    return min(found)


def shortest(work: Callable[[], object], *, tries: int = TRIES) -> float:
    """Seconds that `work` takes, in the best of its tries."""
    found = []
    for _ in range(tries):
        began = time.monotonic()
        work()
        found.append(time.monotonic() - began)
    return min(found)


def roomy(peers: Peers, family: Family) -> Pair:
    """A connected pair with large buffers, whatever the system's defaults are."""
    pair = peers.pair(family, rcvbuf=ROOM)
    pair.client.setsockopt(SOL_SOCKET, SO_SNDBUF, ROOM)
    return pair


def carried(sender: socket, receiver: socket) -> Callable[[], None]:
    """Carries `CHUNKS` pieces from one end to the other, one after the other."""
    piece, into = bytes(CHUNK), bytearray(CHUNK)

    def work() -> None:
        for _ in range(CHUNKS):
            sent = socket.send(sender, piece)
            while sent:
                sent -= socket.recv_into(receiver, into)

    return work


def emptied(receiver: socket, count: int) -> None:
    """Receives `count` bytes."""
    while count:
        count -= len(socket.recv(receiver, count))


def sending_time(send: Callable[[], int], receiver: socket) -> float:
    """Seconds of processor time of `send` alone, in the best of its tries; what it sent is received in between."""
    found = []
    for _ in range(TRIES):
        began = time.thread_time()
        sent = send()
        found.append(time.thread_time() - began)
        emptied(receiver, sent)
    return min(found)


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
