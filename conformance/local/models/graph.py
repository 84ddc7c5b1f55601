"""Sockets that hold one another: who is held by the process, who is on the way, and who by nobody that can be reached.

unix(7), SCM_RIGHTS; close(2); the kernel's comment above unix_gc() in net/unix/garbage.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(eq=False)
class End:
    """One end of a connected pair."""

    name: str
    inode: int
    numbers: list[int] = field(default_factory=list)
    """The descriptors by which the process holds it."""
    queue: list[End] = field(default_factory=list)
    """The ends that lie in its receive queue, one in each message."""
    peer: End = field(init=False)
    alive: bool = True


def reachable(ends: Iterable[End]) -> set[End]:
    """Those that the process holds, and those in the queues of what is reachable: all others are garbage."""
    found: set[End] = set()
    left = [end for end in ends if end.numbers]
    while left:
        end = left.pop()
        if end not in found:
            found.add(end)
            left += end.queue
    return found


def collect(ends: list[End]) -> None:
    """Closes what cannot be reached, with all that lies in its queue."""
    kept = reachable(ends)
    for end in ends:
        if end not in kept:
            end.alive = False
            end.queue.clear()
    ends[:] = [end for end in ends if end in kept]
