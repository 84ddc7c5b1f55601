"""epoll instances of a scenario, and their events in words."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.lifecycle.linger.unsent import jam
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Deviation
from fixtures.evidence.waiting import GENEROUS, Deadline, poll_names, until

IN, OUT, ERR, HUP = select.EPOLLIN, select.EPOLLOUT, select.EPOLLERR, select.EPOLLHUP
RDHUP, EDGE, ONCE, EXCLUSIVE = select.EPOLLRDHUP, select.EPOLLET, select.EPOLLONESHOT, select.EPOLLEXCLUSIVE


def filled(end: RecordedSocket, instance: select.epoll) -> bytes:
    """What a jammed `end` takes besides, until no room is told: a stack may go on sending after EAGAIN."""
    more = b""

    def full() -> bool:
        nonlocal more
        if now(instance) == "none":
            return True
        more += jam(end)
        return False

    until(full, what="an end without room")
    return more


@contextmanager
def watching(end: RecordedSocket, events: int) -> Iterator[select.epoll]:
    """An epoll instance in which `end` is registered with these events."""
    with select.epoll() as instance:
        instance.register(end.fileno(), events)
        yield instance


def now(instance: select.epoll) -> str:
    """The events of the one socket that are told at this moment, as poll(2) spells them; ``none`` without any."""
    return poll_names(sum(bits for _, bits in instance.poll(0)))


def told(instance: select.epoll) -> str:
    """The events that are told next. Raises Deviation where none comes."""
    deadline = Deadline(GENEROUS)
    while not (found := instance.poll(deadline.left)) and not deadline.passed:
        pass
    if not found:
        raise Deviation(f"expected  an event of epoll\nwithin    {deadline.told}\nobserved  none")
    return poll_names(sum(bits for _, bits in found))


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe, to tell of a child's progress."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for number in ends:
            os.close(number)
