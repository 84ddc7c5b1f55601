"""Making epoll instances, entering them in one another, and the order in which they tell."""

import os
import select
from errno import ELOOP, EMFILE
from itertools import pairwise
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from select import EPOLLIN, POLLIN

import pytest

from conformance.waiting.epoll.nesting import (
    DEEPEST,
    EPOLL_CTL_ADD,
    EPOLLWAKEUP,
    epoll_create1,
    epoll_ctl,
    epoll_delete,
    epoll_pwait2,
    epoll_register,
    epoll_wait,
    instances,
)
from conformance.waiting.epoll.watching import now, watching
from fixtures.evidence.expect import fails, lasts
from fixtures.evidence.waiting import GENEROUS, ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip4, over_streams

UNKNOWN_OPERATION = 77


@pytest.mark.claim("epoll.create.limit-of-descriptors")
def test_instance_needs_a_free_descriptor(scenario):
    def create():
        setrlimit(RLIMIT_NOFILE, (os.dup(0), getrlimit(RLIMIT_NOFILE)[1]))  # decisive
        return epoll_create1(0)

    with fails(EMFILE):
        in_child(create)


@pytest.mark.claim("epoll.ctl.wakeup-accepted")
@over_streams
def test_keeping_awake_is_taken_from_everybody(stream_pair, scenario):
    client, server = stream_pair

    with instances(1) as (instance,):
        epoll_ctl(instance.fileno(), EPOLL_CTL_ADD, server.fileno(), EPOLLIN | EPOLLWAKEUP)  # decisive
        client.send(b"x")
        ready(server, POLLIN)
        assert now(instance) == "POLLIN"


@pytest.mark.claim("epoll.nesting.no-circle")
def test_two_instances_cannot_be_entered_in_each_other(scenario):
    with instances(2) as (first, second):
        first.register(second, EPOLLIN)

        with fails(ELOOP):
            second.register(first, EPOLLIN)  # decisive


@pytest.mark.claim("epoll.nesting.not-too-deep")
def test_row_of_instances_comes_to_an_end(scenario):
    with instances(DEEPEST + 1) as row, fails(ELOOP):
        for inner, outer in pairwise(row):
            outer.register(inner, EPOLLIN)  # decisive


@pytest.mark.claim("epoll.nesting.tells-of-the-inner")
@over_streams
def test_instance_is_readable_while_one_inside_has_an_event(stream_pair):
    client, server = stream_pair

    with watching(server, EPOLLIN) as inner, select.epoll() as outer:
        outer.register(inner, EPOLLIN)
        before = outer.poll(0)
        client.send(b"x")  # decisive
        ready(server, POLLIN)
        assert (before, outer.poll(0)) == ([], [(inner.fileno(), EPOLLIN)])


@pytest.mark.claim("epoll.order.in-turn")
@over_ip4
def test_sockets_are_told_in_turn(peers, family):
    ends = [peers.datagram(family, lane=lane) for lane in ("first", "second", "third")]
    for end in ends:
        end.sendto(b"x", end.getsockname())
        ready(end, POLLIN)

    told = []

    with select.epoll() as instance:
        for end in ends:
            instance.register(end.fileno(), EPOLLIN)
        told = [descriptor for _ in ends for descriptor, _ in instance.poll(0, 1)]  # decisive

    assert sorted(told) == sorted(end.fileno() for end in ends)


@pytest.mark.claim("epoll.pwait2.not-early")
@pytest.mark.needs("kernel>=5.11")
@over_streams
def test_nanoseconds_are_waited_for(stream_pair):
    with watching(stream_pair.server, EPOLLIN) as instance, lasts(at_least=0.0305):
        assert epoll_pwait2(instance.fileno(), 0.0305) == 0  # decisive


@pytest.mark.claim("epoll.pwait2.none-for-ever")
@pytest.mark.needs("kernel>=5.11")
@over_streams
def test_without_a_time_an_event_is_waited_for(stream_pair):
    client, server = stream_pair

    with watching(server, EPOLLIN) as instance, child(lambda: epoll_pwait2(instance.fileno(), None)) as waiting:
        waiting.is_blocked_in("epoll_pwait2")
        client.send(b"x")  # decisive
        assert waiting.ends().value == 1


@pytest.mark.claim("epoll.ctl.added-while-another-waits")
@over_streams
def test_descriptor_that_is_added_meanwhile_is_told_to_who_waits(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)

    with select.epoll() as instance, child(lambda: instance.poll(GENEROUS / 2)) as waiting:
        waiting.is_blocked_in("epoll_wait")
        instance.register(server.fileno(), EPOLLIN)  # decisive
        assert waiting.ends().value == [(server.fileno(), EPOLLIN)]


@pytest.mark.claim("epoll.data.comes-back-whole")
@over_streams
def test_data_of_the_program_comes_back_whole(stream_pair, scenario):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    told = None

    with instances(1) as (instance,):
        epoll_register(instance.fileno(), server.fileno(), EPOLLIN, 0xFEDC_BA98_7654_3210)
        told = epoll_wait(instance.fileno())  # decisive

    assert told == [(EPOLLIN, 0xFEDC_BA98_7654_3210)]


@pytest.mark.claim("epoll.delete.needs-no-event")
@over_streams
def test_descriptor_is_taken_out_without_an_event(stream_pair, scenario):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)

    with instances(1) as (instance,):
        instance.register(server.fileno(), EPOLLIN)
        epoll_delete(instance.fileno(), server.fileno())  # decisive
        assert now(instance) == "none"
