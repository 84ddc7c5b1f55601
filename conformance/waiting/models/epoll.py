"""Two epoll instances, three sockets and their duplicates: watched, written, read, closed in any order."""

from __future__ import annotations

import os
import select
import socket
from collections import Counter
from typing import Any, TypeVar

from hypothesis import strategies as st

from conformance.waiting.models.watching import EXCLUSIVE, MODES, File, Instance, Interest
from fixtures.models.looks import mask_of
from fixtures.models.machine import Model, outcome, step
from fixtures.models.walk import Walk

T = TypeVar("T")

FILES = 3
MOST = 6
"""Descriptors of all files together."""
WHICH = st.integers(0, MOST - 1)
EPOLL = st.integers(0, 1)
FILE = st.integers(0, FILES - 1)
ANY = st.integers(0, 11)
MODE = st.sampled_from(MODES)
EVENTS = {
    "level": select.EPOLLIN,
    "edge": select.EPOLLIN | select.EPOLLET,
    "one-shot": select.EPOLLIN | select.EPOLLONESHOT,
    "exclusive": select.EPOLLIN | select.EPOLLEXCLUSIVE,
}


def often(telling: list[T], everything: list[T], which: int) -> T:
    """One of all, more often one of those at which something is to be seen."""
    found = [*telling, *telling, *telling, *everything]
    return found[which % len(found)]


class Epoll(Model):
    """What two instances tell of."""

    def __init__(self, walk: Walk) -> None:
        self.files: list[File] = []
        super().__init__(walk)

    def open(self) -> None:
        """Two instances that watch nothing, and three sockets."""
        self.epolls = [select.epoll(), select.epoll()]
        self.instances = [Instance(), Instance()]
        self.writers: list[Any] = []
        for _ in range(FILES):
            self.append(File())

    def append(self, file: File) -> None:
        """A new socket, and who writes to it."""
        near, far = socket.socketpair()
        file.numbers.append(near.detach())
        self.files.append(file)
        self.writers.append(self.peers.take(far, f"writer{len(self.writers) + 1}"))

    def teardown(self) -> None:
        """Closes all descriptors."""
        for number in [number for file in self.files for number in file.numbers]:
            os.close(number)
        for epoll in self.epolls:
            epoll.close()
        super().teardown()

    @property
    def numbers(self) -> list[tuple[File, int]]:
        """All descriptors, each with the file to which it leads."""
        return [(file, number) for file in self.files for number in file.numbers]

    def at(self, which: int) -> tuple[File, int]:
        """A file and one of its numbers, by place among all numbers, counted round and round."""
        return self.numbers[which % len(self.numbers)]

    @step(epoll=EPOLL, which=WHICH, mode=MODE)
    def add(self, epoll: int, which: int, mode: str) -> None:
        """Watches a descriptor."""
        file, number = self.at(which)
        instance = self.instances[epoll]
        seen = outcome(lambda: self.epolls[epoll].register(number, EVENTS[mode]))
        self.gives("EPOLL_CTL_ADD", seen, {"EEXIST"} if instance.find(file, number) else {None})
        if seen is None:
            instance.interests.append(Interest(file, number, mode, pending=bool(file.unread)))

    @step(epoll=EPOLL, which=WHICH, mode=MODE)
    def modify(self, epoll: int, which: int, mode: str) -> None:
        """Watches it otherwise, or again."""
        found = self.at(which)
        known = self.instances[epoll].find(*found)
        seen = outcome(lambda: self.epolls[epoll].modify(found[1], EVENTS[mode]))
        exclusive = mode == EXCLUSIVE or (known is not None and known.mode == EXCLUSIVE)
        absent = {"ENOENT"} if known is None else set()
        self.gives("EPOLL_CTL_MOD", seen, absent | ({"EINVAL"} if exclusive else set()) or {None})
        if known is not None and seen is None:
            known.is_set(mode)

    @step(epoll=EPOLL, which=WHICH)
    def delete(self, epoll: int, which: int) -> None:
        """Watches it no more."""
        instance, found = self.instances[epoll], self.at(which)
        known = instance.find(*found)
        seen = outcome(lambda: self.epolls[epoll].unregister(found[1]))
        self.gives("EPOLL_CTL_DEL", seen, {"ENOENT"} if known is None else {None})
        instance.interests = [each for each in instance.interests if each is not known]

    @step(epoll=EPOLL)
    def nest(self, epoll: int) -> None:
        """Watches the other instance, or no more; two that watch one another are refused (ELOOP)."""
        instance, other = self.instances[epoll], self.instances[1 - epoll]
        call, inner = self.epolls[epoll], self.epolls[1 - epoll].fileno()
        if instance.nested is not None:
            self.gives("EPOLL_CTL_DEL", outcome(lambda: call.unregister(inner)), {None})
            instance.nested = None
            return
        seen = outcome(lambda: call.register(inner, select.EPOLLIN))
        self.gives("EPOLL_CTL_ADD", seen, {"ELOOP"} if other.nested is instance else {None})
        instance.nested = other if seen is None else None

    @step(file=ANY)
    def write(self, file: int) -> None:
        """One more byte to read: an edge, wherever it is watched."""
        watched = [each for each in self.files if self.interests(each)]
        written = often(watched, self.files, file)
        self.writers[self.files.index(written)].send(b"x")
        written.unread += 1
        for interest in self.interests(written):
            interest.pending = True

    @step(file=FILE, whole=st.booleans())
    def read(self, file: int, whole: bool) -> None:
        """Reads one byte, or all that there are; what is gone is told no more."""
        read = self.files[file]
        if not read.unread:
            return
        count = read.unread if whole else 1
        self.gives("read()", len(os.read(read.numbers[0], count)), {count})
        read.unread -= count
        for interest in self.interests(read):
            interest.pending = interest.pending and bool(read.unread)

    def interests(self, file: File) -> list[Interest]:
        """All that watch a file."""
        return [each for instance in self.instances for each in instance.interests if each.file is file]

    @step(epoll=ANY, most=st.integers(1, 8))
    def wait(self, epoll: int, most: int) -> None:
        """Asks what there is to tell: all of it, or as much as was asked for."""
        instance = often([each for each in self.instances if each.readable], self.instances, epoll)
        epoll = self.instances.index(instance)
        inner = self.epolls[1 - epoll].fileno()
        must = instance.numbers(inner)
        if max(must.values(), default=0) > 1:
            most = MOST * 2  # two by one number: which of them was told would not be known
        seen = outcome(lambda: self.epolls[epoll].poll(0, most))
        told = Counter(number for number, _ in seen)
        self.gives("the number of events", len(seen), {min(most, must.total())})
        self.gives("events that have no reason", sorted((told - must).elements()), [[]])
        self.gives("their bits", {bits for _, bits in seen} - {select.EPOLLIN}, [set()])
        for interest in instance.ready:
            if interest.number in told:
                interest.was_told()

    @step(which=WHICH)
    def dup(self, which: int) -> None:
        """One more number for a file."""
        file, number = self.at(which)
        if len(self.numbers) < MOST:
            file.numbers.append(os.dup(number))

    @step(which=WHICH)
    def close(self, which: int) -> None:
        """Closes a number. The last one of a file takes its interests along; until then they stay (epoll(7), Q6)."""
        file, number = self.at(which)
        os.close(number)
        file.numbers.remove(number)
        if not file.numbers:
            for instance in self.instances:
                instance.interests = [each for each in instance.interests if each.file is not file]
            self.renew(self.files.index(file))

    def renew(self, place: int) -> None:
        """Another socket in the place of one that is gone."""
        self.writers[place].close()
        self.append(File())
        self.files[place], self.writers[place] = self.files.pop(), self.writers.pop()

    def agrees(self) -> None:
        """Compares poll(2) of the instances themselves."""
        for epoll, instance in zip(self.epolls, self.instances, strict=True):
            self.gives("poll() of an epoll instance", mask_of(epoll), {select.POLLIN if instance.readable else 0})

    def state(self) -> Any:
        """What is watched how, and what is there to tell."""
        return tuple(
            (instance.nested is not None, *sorted((each.mode, each.ready, each.armed) for each in instance.interests))
            for instance in self.instances
        )
