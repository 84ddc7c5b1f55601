"""The calls that wait for readiness, each with a time limit of its own."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable
from select import POLLIN

from fixtures.evidence.waiting import HasDescriptor


def by_poll(end: HasDescriptor, seconds: float) -> int:
    """How many descriptors poll(2) finds readable within `seconds`."""
    poll = select.poll()
    poll.register(end.fileno(), POLLIN)
    return len(poll.poll(seconds * 1000))


def by_select(end: HasDescriptor, seconds: float) -> int:
    """How many descriptors select(2) finds readable within `seconds`."""
    return len(select.select([end], [], [], seconds)[0])


def by_epoll(end: HasDescriptor, seconds: float) -> int:
    """How many descriptors epoll_wait(2) finds readable within `seconds`."""
    with select.epoll() as epoll:
        epoll.register(end.fileno(), select.EPOLLIN)
        return len(epoll.poll(seconds))


WAITERS: dict[str, Callable[[socket.socket, float], int]] = {
    "poll": by_poll,
    "select": by_select,
    "epoll_wait": by_epoll,
}
BAD_MICROSECONDS = {"million": struct.pack("ll", 0, 1_000_000), "negative": struct.pack("ll", 0, -1)}
"""Values of struct timeval whose microseconds are none."""
