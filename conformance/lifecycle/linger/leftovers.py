"""What a connection may still hold when it is closed: nothing, bytes not read, bytes not sent, or both."""

from __future__ import annotations

import select
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from conformance.lifecycle.linger.unsent import jam
from fixtures.evidence.waiting import ready
from fixtures.stage.peers import Pair


@dataclass(frozen=True)
class Leftover:
    """A named state of a pair, and how its client gets there."""

    name: str
    leave: Callable[[Pair], None]

    def __str__(self) -> str:
        return self.name


def _nothing(_: Pair) -> None:
    pass


def _unread(pair: Pair) -> None:
    pair.server.send(b"not read")
    ready(pair.client, select.POLLIN)


def _unsent(pair: Pair) -> None:
    jam(pair.client)


def _both(pair: Pair) -> None:
    _unread(pair)
    _unsent(pair)


NOTHING = Leftover("nothing", _nothing)
UNREAD = Leftover("unread", _unread)
UNSENT = Leftover("unsent", _unsent)
BOTH = Leftover("unread and unsent", _both)


def leaving(*leftovers: Leftover) -> pytest.MarkDecorator:
    """Runs a scenario once for each of `leftovers`, as its parameter ``left``."""
    return pytest.mark.parametrize("left", leftovers, ids=[left.name.replace(" ", "-") for left in leftovers])
