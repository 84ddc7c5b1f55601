"""Instances whose evidence stays on the disk until it is asked for.

A run of thousands of instances is told by a few numbers and words of each; the calls, packets and checks are many times
as much, and are needed when the instance is drawn, once. So they stay in the journal, and are read again from there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from reports.record import Check, Instance, Trace, checks_from, known, trace_from

T = TypeVar("T")

HEAVY = frozenset({"checks", "trace", "details", "doc"})
"""The members of an instance that are read when they are asked for."""


class Place(NamedTuple):
    """Where the JSON text of one instance stands in a file: the first byte and the number of bytes."""

    start: int
    size: int


class Shelf:
    """A file with the JSON text of instances, open to be read by place for as long as anybody holds the shelf."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._last: tuple[Place | None, Mapping[str, Any]] = (None, {})
        self._made: dict[str, Any] = {}

    def text(self, place: Place) -> str:
        """The JSON text at `place`. Raises OSError."""
        return os.pread(self._descriptor, place.size, place.start).decode("ascii")

    def data(self, place: Place) -> Mapping[str, Any]:
        """The parsed text; the last one is remembered, since who asks for checks asks for the trace next."""
        if self._last[0] != place:
            self._last, self._made = (place, json.loads(self.text(place))), {}
        return self._last[1]

    def member(self, place: Place, name: str, make: Callable[[Any], T], default: Any) -> T:
        """What `make` makes of a member of the instance at `place`; of the last one it is remembered."""
        data = self.data(place)
        if name not in self._made:
            self._made[name] = make(data.get(name, default))
        made: T = self._made[name]
        return made

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):  # the file could not be opened
            os.close(self._descriptor)


class Shelved(Instance):
    """An instance as `Instance`, whose heavy members are read from a shelf each time."""

    @classmethod
    def of(cls, data: Mapping[str, Any], shelf: Shelf, place: Place) -> Shelved:
        """The instance with this plain form, which stands at `place`."""
        made = cls.__new__(cls)
        light = {name: value for name, value in known(Instance, data).items() if name not in HEAVY}
        vars(made).update({**_defaults(), **light, "_shelf": shelf, "_place": place})
        return made

    def seen_from(self, pcap: str) -> Shelved:
        """The same with another way to its capture."""
        made = Shelved.__new__(Shelved)
        vars(made).update({**vars(self), "pcap": pcap})
        return made

    def text(self) -> str:
        """The whole instance as JSON on one line."""
        shelf, place = self._where()
        return shelf.text(place)

    def _where(self) -> tuple[Shelf, Place]:
        here = vars(self)
        return here["_shelf"], here["_place"]

    def _read(self, name: str, make: Callable[[Any], T], default: Any) -> T:
        shelf, place = self._where()
        return shelf.member(place, name, make, default)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every expectation and its observation."""
        return self._read("checks", checks_from, ())

    @property
    def trace(self) -> Trace:
        """Calls and packets."""
        return self._read("trace", trace_from, {})

    @property
    def plain_trace(self) -> Mapping[str, Any]:
        """The trace as it stands on the shelf."""
        shelf, place = self._where()
        return {"lanes": (), "events": (), "omitted": 0, **shelf.data(place).get("trace", {})}

    @property
    def details(self) -> str | None:
        """The whole failure."""
        return self._read("details", _as_it_is, None)

    @property
    def doc(self) -> str | None:
        """What the scenario says of itself."""
        return self._read("doc", _as_it_is, None)


def _as_it_is(value: str | None) -> str | None:
    return value


@cache
def _defaults() -> dict[str, Any]:
    return {field.name: value for field, value in _light_defaults()}


def _light_defaults() -> Iterator[tuple[Field[Any], Any]]:
    for field in fields(Instance):
        if field.name in HEAVY:
            continue
        if field.default is not MISSING:
            yield field, field.default
        elif field.default_factory is not MISSING:
            yield field, field.default_factory()
