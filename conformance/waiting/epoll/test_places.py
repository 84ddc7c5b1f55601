"""More descriptors that are ready than epoll_wait() has places for."""

import select
from contextlib import contextmanager
from select import POLLIN

import pytest

from conformance.waiting.epoll.watching import EDGE, IN
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams

MANY = 3


@contextmanager
def all_ready(peers, family, events):
    """An epoll instance that watches `MANY` sockets, all of which can be read."""
    with select.epoll() as instance:
        for number in range(MANY):
            client, server = peers.pair(family)
            instance.register(server.fileno(), events)
            client.send(b"x" * (number + 1))
            ready(server, POLLIN)
        yield instance


@pytest.mark.claim("stream.epoll.surplus-edge-told-later")
@over_streams
def test_edges_beyond_the_places_are_told_by_the_next_calls(peers, family):
    found = []
    with all_ready(peers, family, IN | EDGE) as instance:
        found = [instance.poll(0, 1) for _ in range(MANY + 1)]  # decisive

    told = [number for events in found for number, _ in events]
    assert [len(events) for events in found] == [1, 1, 1, 0]
    assert len(set(told)) == MANY
