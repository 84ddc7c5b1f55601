"""Programs of a control group: those that TCP calls, and those that connect() asks (linux/bpf.h)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fixtures.stage.control_groups import control_group
from fixtures.stage.ebpf import attached, call, copy, end, load, loaded, put, save, the_map, when, write

SOCK_OPS, SOCK_ADDR = 13, 18
AT_SOCK_OPS, AT_CONNECT4, AT_CONNECT6 = 3, 10, 11
WINDOW, CONNECTS, ACTIVE, PASSIVE, NEEDS_ECN, RETRANSMITTED, STATE, LISTENS = 2, 3, 4, 5, 6, 9, 10, 11
PARSES, RESERVES, WRITES = 13, 14, 15
"""When TCP calls: BPF_SOCK_OPS_RWND_INIT and so on."""
OF_RETRANSMISSIONS, OF_STATES, OF_PARSING, OF_WRITING = 1 << 1, 1 << 2, 1 << 4, 1 << 6
"""Flags of bpf_sock_ops_cb_flags_set(), without which it does not call."""
REPLY, FIRST, SECOND = 4, 4, 8
"""Where the context has what a program replies, and the first two arguments of the call."""
UPDATE, FLAGS, LOAD, STORE, RESERVE = 2, 59, 142, 143, 144
CONTEXT, WHEN, STACK = 6, 7, 10
"""Registers: the context, the reason for which TCP calls, and the end of the stack."""


@dataclass(frozen=True)
class Group:
    """A control group of the scenario's own; its programs are gone when its block ends."""

    descriptor: int
    stack: ExitStack

    def calls(self, *answers: bytes) -> None:
        """Has TCP call a program that does all of this, each at its moment."""
        steps = copy(CONTEXT, 1) + load(WHEN, 1, 0) + b"".join(answers) + end(1)
        self._tie(SOCK_OPS, steps, AT_SOCK_OPS)

    def asks(self, place: int, steps: bytes) -> None:
        """Has connect() ask a program."""
        self._tie(SOCK_ADDR, steps, place)

    def _tie(self, kind: int, steps: bytes, place: int) -> None:
        program = self.stack.enter_context(loaded(kind, steps, place=place))
        self.stack.enter_context(attached(program, self.descriptor, place))


@contextmanager
def within_a_group() -> Iterator[Group]:
    """A control group in which this process is until the end of the block. Raises OSError."""
    with control_group() as descriptor, ExitStack() as stack:
        yield Group(descriptor, stack)


def at(moment: int, then: bytes) -> bytes:
    """What is done when TCP calls for that reason."""
    return when(WHEN, moment, then)


def wanting(flags: int) -> bytes:
    """Asks for further calls, as soon as a socket connects or listens."""
    asking = copy(1, CONTEXT) + put(2, flags) + call(FLAGS)
    return at(CONNECTS, asking) + at(LISTENS, asking)


def noting(numbers: int, key: int = 8, value: int = 9) -> bytes:
    """Keeps a register in a map of numbers, at the place that another one says."""
    places = save(STACK, -4, key) + save(STACK, -8, value) + copy(2, STACK, -4) + copy(3, STACK, -8)
    return places + the_map(1, numbers) + put(4, 0) + call(UPDATE)


def adding(option: bytes) -> bytes:
    """Reserves twice the room of an option, and writes it, where that is asked for."""
    reserving = copy(1, CONTEXT) + put(2, 2 * len(option)) + put(3, 0) + call(RESERVE)
    return at(RESERVES, reserving) + at(WRITES, storing(option))


def storing(option: bytes) -> bytes:
    """Writes an option; register 0 says what came of it."""
    places = write(STACK, -8, option) + copy(1, CONTEXT) + copy(2, STACK, -8)
    return places + put(3, len(option)) + put(4, 0) + call(STORE)


def reading(option: bytes, then: bytes) -> bytes:
    """Looks for an experiment's option of that length, and has what follows its first four bytes in register 9."""
    wanted = option[:1] + b"\4" + option[2:4] + bytes(4)
    search = write(STACK, -8, wanted) + copy(1, CONTEXT) + copy(2, STACK, -8) + put(3, 8) + put(4, 0) + call(LOAD)
    return at(PARSES, search + when(0, len(option), load(9, STACK, -4) + then))


def replying(moment: int, value: int) -> bytes:
    """Replies with a number when TCP calls for that reason."""
    return at(moment, put(2, value) + save(CONTEXT, REPLY, 2))
