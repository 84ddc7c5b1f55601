"""Many descriptors, large numbers: each is looked at, and each is told."""

from errno import EBADF, EINVAL
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from select import POLLIN

import pytest

from conformance.waiting.large.numbers import high, polled, raw_select
from conformance.waiting.select.sets import select
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import GENEROUS, ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_streams

MANY = 1200
"""Entries, more than the kernel keeps in one page."""
PLACES = {0, 30, 31, 509, 510, 1019, 1020, 1199}


@pytest.mark.claim("poll.large.each-entry-is-told")
@pytest.mark.needs("descriptors:1200")
@over_streams
def test_each_of_many_entries_is_told(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    idle, found = client.fileno(), (0, [])

    found = polled([(server.fileno() if at in PLACES else idle, POLLIN) for at in range(MANY)], 0)  # decisive

    count, told = found
    assert count == len(PLACES)
    assert {at for at, events in enumerate(told) if events} == PLACES
    assert {told[at] for at in PLACES} == {POLLIN}


@pytest.mark.claim("poll.large.any-entry-wakes")
@pytest.mark.needs("descriptors:1200")
@pytest.mark.parametrize("place", [0, 600, 1199])
@over_streams
def test_any_of_many_entries_ends_the_wait(stream_pair, place):
    client, server = stream_pair
    entries = [(server.fileno() if at == place else client.fileno(), POLLIN) for at in range(MANY)]

    with child(lambda: polled(entries, round(GENEROUS * 1000))[0]) as waiting:
        waiting.is_blocked_in("poll")
        client.send(b"x")  # decisive
        assert waiting.ends().value == 1


@pytest.mark.claim("select.large.every-number-of-the-set")
@pytest.mark.needs("descriptors:1024")
@pytest.mark.parametrize("least", [63, 64, 350, 1000])
@over_streams
def test_descriptor_anywhere_in_the_set_is_told(stream_pair, least):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    found = None

    with high(server.fileno(), least) as number:
        found = select({client.fileno(), number}, set(), 0).readable  # decisive

    assert found == {number}


@pytest.mark.claim("select.large.any-number-wakes")
@pytest.mark.needs("descriptors:1024")
@over_streams
def test_descriptor_with_a_large_number_ends_the_wait(stream_pair):
    client, server = stream_pair

    with high(server.fileno(), 900) as number, child(lambda: select({number}, set(), GENEROUS).count) as waiting:
        waiting.is_blocked_in("select")
        client.send(b"x")  # decisive
        assert waiting.ends().value == 1


@pytest.mark.claim("select.large.closed-number")
@pytest.mark.needs("descriptors:1024")
@pytest.mark.parametrize("least", [64, 900])
@over_streams
def test_closed_descriptor_with_a_large_number_is_an_error(stream_pair, least):
    with high(stream_pair.server.fileno(), least) as number:
        select({number}, set(), 0)

    with fails(EBADF):
        select({number}, set(), 0)  # decisive


@pytest.mark.claim("select.large.sets-beyond-fd-setsize")
@pytest.mark.needs("descriptors:2000")
@over_streams
def test_kernel_takes_sets_beyond_fd_setsize(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)

    found = None

    with high(server.fileno(), 1500) as number, high(client.fileno(), 1500) as idle:
        found = raw_select({number, idle, server.fileno()}, 2000)  # decisive

    assert found == {number, server.fileno()}


@pytest.mark.claim("poll.large.no-more-than-the-limit")
def test_more_entries_than_descriptors_may_be_open_are_refused():
    def ask():
        setrlimit(RLIMIT_NOFILE, (64, getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        enough = polled([(-1, POLLIN)] * 64, 0)[0]
        with fails(EINVAL):
            polled([(-1, POLLIN)] * 65, 0)
        return enough

    assert in_child(ask).value == 0
