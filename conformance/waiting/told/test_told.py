"""What an epoll instance watches, as it is told to others; and what EPOLLEXCLUSIVE is refused for."""

import os
import select
from errno import EINVAL, ENOENT
from select import EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, EPOLLOUT

import pytest

from conformance.waiting.epoll.nesting import epoll_register, instances
from conformance.waiting.epoll.watching import now
from conformance.waiting.told.told import Watched, same_file, watched_by
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_streams

ALWAYS = select.EPOLLERR | select.EPOLLHUP
"""Told whether it was asked for or not, and so part of every mask (epoll_ctl(2))."""


@pytest.mark.claim("epoll.told.what-is-watched")
@over_streams
def test_every_registration_is_shown_with_events_and_data(stream_pair):
    client, server = stream_pair
    data = 0xFEDC_BA98_7654_3210

    with instances(1) as (instance,):
        epoll_register(instance.fileno(), server.fileno(), EPOLLIN | EPOLLET, data)  # decisive
        epoll_register(instance.fileno(), client.fileno(), EPOLLOUT, 1)
        shown = watched_by(instance)

    assert sorted(shown) == sorted([
        Watched(server.fileno(), EPOLLIN | EPOLLET | ALWAYS, data),
        Watched(client.fileno(), EPOLLOUT | ALWAYS, 1),
    ])  # fmt: skip


@pytest.mark.claim("epoll.told.removed-is-not-shown")
@over_streams
def test_registration_that_is_removed_is_shown_no_more(stream_pair):
    client, server = stream_pair

    with instances(1) as (instance,):
        instance.register(server.fileno(), EPOLLIN)
        instance.register(client.fileno(), EPOLLIN)
        instance.unregister(server.fileno())  # decisive
        assert [each.number for each in watched_by(instance)] == [client.fileno()]


@pytest.mark.claim("epoll.told.kcmp-finds-the-file")
@pytest.mark.needs("kernel>=4.13", "kcmp")
@over_streams
def test_kcmp_finds_the_file_that_is_registered(stream_pair):
    client, server = stream_pair

    with instances(1) as (instance,):
        with fails(ENOENT):
            same_file(server.fileno(), (instance.fileno(), server.fileno(), 0))
        instance.register(server.fileno(), EPOLLIN)  # decisive
        assert same_file(server.fileno(), (instance.fileno(), server.fileno(), 0))
        assert not same_file(client.fileno(), (instance.fileno(), server.fileno(), 0))


@pytest.mark.claim("epoll.told.kcmp-counts-those-of-one-number")
@pytest.mark.needs("kernel>=4.13", "kcmp")
@over_streams
def test_kcmp_finds_each_of_two_files_that_had_one_number(stream_pair):
    client, server = stream_pair
    number = os.dup(client.fileno())

    with instances(1) as (instance,):
        instance.register(number, EPOLLIN)
        os.dup2(server.fileno(), number)  # the other file stays registered while a duplicate is open
        instance.register(number, EPOLLIN)  # decisive
        slots = [(instance.fileno(), number, offset) for offset in (0, 1)]
        found = [[same_file(end.fileno(), slot) for slot in slots] for end in (client, server)]
        with fails(ENOENT):
            same_file(client.fileno(), (instance.fileno(), number, 2))
    os.close(number)

    assert sorted(found) == [[False, True], [True, False]]


@pytest.mark.claim("epoll.exclusive.no-instance")
@over_streams
def test_exclusive_is_refused_for_an_instance(stream_pair, scenario):
    with instances(2) as (outer, inner):
        inner.register(stream_pair.client.fileno(), EPOLLOUT)
        with fails(EINVAL):
            outer.register(inner.fileno(), EPOLLIN | EPOLLEXCLUSIVE)  # decisive
        assert now(outer) == "none"


@pytest.mark.claim("epoll.exclusive.never-modified")
@over_streams
def test_exclusive_registration_cannot_be_modified(stream_pair):
    server = stream_pair.server

    with instances(1) as (instance,):
        instance.register(server.fileno(), EPOLLIN | EPOLLEXCLUSIVE)
        with fails(EINVAL):
            instance.modify(server.fileno(), EPOLLOUT)  # decisive
        assert now(instance) == "none"
