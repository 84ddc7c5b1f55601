"""The memory shared with the preload library: which mutant is armed, and what was reached.

One file per run of a process tree, named by SOCKPROOF_MUTANT_STATE. Every process that loads the library maps
it, and so do its forked and exec'ed children; so a deviation that only a child reaches is counted too. The
layout is that of ``struct state`` in preload/mutant.h: header, remembered values, counters.

A run of one mutant: ``arm(name)``, ``gate = True`` around the scenario, ``counters()[name]``. What happens while
the gate is shut is neither altered nor counted, so that the rig's own calls are left alone.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from sockproof.mutants import MutantError
from sockproof.mutants.build import SOURCES

MAGIC = 0x4D504B53
VERSION = 1
MEMO_SLOTS = 2048
MEMO_SIZE = 16
HEADER = struct.Struct("=IIIIIiII32x")
COUNTERS = struct.Struct("=II")
COUNTERS_AT = HEADER.size + MEMO_SLOTS * MEMO_SIZE

OFF, OBSERVE, ARMED = 0, 1, 2
"""Modes: nothing, count what would be reached, count and alter."""

STATE_VARIABLE = "SOCKPROOF_MUTANT_STATE"
NAME_VARIABLE = "SOCKPROOF_MUTANT"

_FIELDS = {"mode": 16, "armed": 20, "gate": 24, "attached": 28}


@dataclass(frozen=True)
class Count:
    """How often a mutant's place was reached, and how often the deviation was put there."""

    seen: int
    acted: int


@functools.cache
def names() -> tuple[str, ...]:
    """Names of the library's mutants, in the order of their counters; preload/mutants.def is the one list."""
    text = (SOURCES / "mutants.def").read_text(encoding="utf-8")
    return tuple(re.findall(r"^MUTANT\((\w+)\)$", text, re.MULTILINE))


def environment(library: Path, state: Path) -> dict[str, str]:
    """Variables to add to a process so that it and its children load the library with this state."""
    preload = [str(library), *os.environ.get("LD_PRELOAD", "").split()]
    return {"LD_PRELOAD": " ".join(preload), STATE_VARIABLE: str(state)}


class State:
    """The mapped file. Use as a context manager, or call close()."""

    def __init__(self, path: Path, memory: mmap.mmap) -> None:
        self.path = path
        self._memory = memory

    @classmethod
    def create(cls, path: Path) -> State:
        """A new state file at `path`, with nothing armed and the gate shut. Raises MutantError if it exists."""
        size = COUNTERS_AT + COUNTERS.size * len(names())
        header = HEADER.pack(MAGIC, VERSION, len(names()), MEMO_SLOTS, OFF, -1, 0, 0)
        try:
            with path.open("xb") as file:
                file.write(header.ljust(size, b"\0"))
        except OSError as error:
            raise MutantError(f"cannot make the mutant state file {path}: {error.strerror}; name another") from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> State:
        """The state file at `path`. Raises MutantError where it is missing or of another library."""
        try:
            with path.open("r+b") as file:
                memory = mmap.mmap(file.fileno(), 0)
        except (OSError, ValueError) as error:
            raise MutantError(f"cannot open the mutant state file {path}: {error}; make a new one") from error
        if len(memory) < HEADER.size or HEADER.unpack_from(memory)[:4] != (MAGIC, VERSION, len(names()), MEMO_SLOTS):
            raise MutantError(f"{path} is not a state file of this mutant library; make a new one")
        return cls(path, memory)

    def __enter__(self) -> State:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Unmaps the file; processes that have mapped it keep their view."""
        self._memory.close()

    def arm(self, name: str) -> None:
        """Puts the mutant `name` in place of any other, with all counters at zero. Raises MutantError if unknown."""
        if name not in names():
            raise MutantError(f"unknown preload mutant {name!r}; {SOURCES.name}/mutants.def lists the names")
        self._start(ARMED, names().index(name))

    def observe(self) -> None:
        """Alters nothing and counts every mutant that is reached, from zero."""
        self._start(OBSERVE, -1)

    def disarm(self) -> None:
        """Alters and counts nothing more; the counters stay readable."""
        self._put("mode", OFF)

    @property
    def gate(self) -> bool:
        """Whether calls are counted and altered at present."""
        return bool(self._get("gate"))

    @gate.setter
    def gate(self, is_open: bool) -> None:
        self._put("gate", int(is_open))

    @property
    def attached(self) -> int:
        """How many processes have mapped this state with the library; 0 means that it was never loaded."""
        return self._get("attached")

    def count(self, name: str) -> Count:
        """The counters of one mutant."""
        return Count(*COUNTERS.unpack_from(self._memory, COUNTERS_AT + COUNTERS.size * names().index(name)))

    def reached(self) -> dict[str, Count]:
        """The counters of the mutants that were reached at all."""
        counts = {name: Count(*pair) for name, pair in zip(names(), self._counters(), strict=True)}
        return {name: count for name, count in counts.items() if count.seen}

    def _counters(self) -> list[tuple[int, int]]:
        end = COUNTERS_AT + COUNTERS.size * len(names())
        return [(seen, acted) for seen, acted in COUNTERS.iter_unpack(self._memory[COUNTERS_AT:end])]

    def _start(self, mode: int, armed: int) -> None:
        """Empties the counters and what was remembered of sockets before, with nothing armed meanwhile."""
        self._put("mode", OFF)
        self._memory[HEADER.size : COUNTERS_AT] = bytes(COUNTERS_AT - HEADER.size)
        end = COUNTERS_AT + COUNTERS.size * len(names())
        self._memory[COUNTERS_AT:end] = bytes(end - COUNTERS_AT)
        self._put("armed", armed)
        self._put("mode", mode)

    def _get(self, field: str) -> int:
        (value,) = struct.unpack_from("=i", self._memory, _FIELDS[field])
        return int(value)

    def _put(self, field: str, value: int) -> None:
        struct.pack_into("=i", self._memory, _FIELDS[field], value)


def attach(path: Path) -> None:
    """Makes this process, which has the library loaded, use the state at `path`, and its later children too.

    For a forked child of a warm process: each gets a state of its own. Raises MutantError if the library is
    not loaded or refuses the file.
    """
    try:
        call = ctypes.CDLL(None).sockproof_mutant_attach
    except AttributeError as error:
        raise MutantError("the mutant library is not loaded; start the process with environment()") from error
    if call(os.fsencode(path)) != 0:
        raise MutantError(f"the mutant library refuses the state file {path}; make a new one")
    os.environ[STATE_VARIABLE] = str(path)
