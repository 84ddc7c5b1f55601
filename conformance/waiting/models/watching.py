"""Interests of an epoll instance as a model knows them, and what it must tell of.

epoll(7), epoll_ctl(2), epoll_wait(2).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

LEVEL, EDGE, ONESHOT, EXCLUSIVE = "level", "edge", "one-shot", "exclusive"
MODES = (LEVEL, EDGE, ONESHOT, EXCLUSIVE)


@dataclass(eq=False)
class File:
    """An open file description of a socket: how many bytes lie unread, and which descriptors lead to it."""

    unread: int = 0
    numbers: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Interest:
    """One entry of the interest list: a file by one of its numbers, which may have been closed since."""

    file: File
    number: int
    mode: str
    pending: bool = False
    """Whether there is an edge that was not told yet."""
    armed: bool = True

    @property
    def ready(self) -> bool:
        """Whether epoll_wait(2) tells of it."""
        return bool(self.file.unread) and self.armed and (self.mode != EDGE or self.pending)

    def was_told(self) -> None:
        """An edge is told once, and one shot once until it is set again."""
        self.pending = False
        self.armed = self.armed and self.mode != ONESHOT

    def is_set(self, mode: str) -> None:
        """EPOLL_CTL_ADD and EPOLL_CTL_MOD tell at once of what is there already."""
        self.mode, self.armed, self.pending = mode, True, bool(self.file.unread)


@dataclass(eq=False)
class Instance:
    """An epoll instance: what it watches, another instance maybe among it."""

    interests: list[Interest] = field(default_factory=list)
    nested: Instance | None = None

    def find(self, file: File, number: int) -> Interest | None:
        """The entry of this file by this number: both make the key (epoll(7), question 1)."""
        return next((each for each in self.interests if each.file is file and each.number == number), None)

    @property
    def ready(self) -> list[Interest]:
        """All that must be told now."""
        return [each for each in self.interests if each.ready]

    @property
    def readable(self) -> bool:
        """Whether poll(2) of the instance itself says POLLIN (epoll(7), question 3)."""
        return bool(self.ready) or self.nested_ready

    @property
    def nested_ready(self) -> bool:
        """Whether the instance that it watches has something to tell."""
        return self.nested is not None and self.nested.readable

    def numbers(self, nested: int) -> Counter[int]:
        """What must be told now, by number; `nested` is that of the instance within."""
        return Counter([*(each.number for each in self.ready), *([nested] if self.nested_ready else [])])
