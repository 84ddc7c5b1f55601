"""Wrong arguments of epoll, poll and select, and the events that must not be lost by them."""

import struct
from errno import EFAULT, EINVAL, ENOENT
from functools import partial
from resource import RLIMIT_NOFILE, getrlimit
from select import EPOLLET, EPOLLIN, POLLIN

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.arguments.table import EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EVENT
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams, unix

over_unix = pytest.mark.parametrize("family", [unix], ids=["unix"])


def watched(strangers, end, events):
    """The epoll instance, which watches `end` for those events."""
    called("epoll_ctl", strangers.epoll, EPOLL_CTL_ADD, end.fileno(), struct.pack("=IQ4x", events, 7))
    return strangers.epoll


@pytest.mark.claim("arguments.epoll.no-instance")
@over_unix
def test_descriptor_that_is_no_epoll_instance_is_refused(stream_pair, strangers, memory):
    client, _ = stream_pair
    room, mine, own = memory.holding(bytes(64)), client.fileno(), strangers.epoll
    cases = {
        "epoll_wait of a socket": partial(called, "epoll_wait", mine, room, 1, 0),
        "epoll_wait of a file": partial(called, "epoll_wait", strangers.file, room, 1, 0),
        "epoll_ctl of a socket": partial(called, "epoll_ctl", mine, EPOLL_CTL_ADD, strangers.reading, EVENT),
        "epoll_ctl of a pipe": partial(called, "epoll_ctl", strangers.reading, EPOLL_CTL_ADD, mine, EVENT),
        "epoll_ctl of itself": partial(called, "epoll_ctl", own, EPOLL_CTL_ADD, own, EVENT),
        "epoll_ctl to do 0": partial(called, "epoll_ctl", own, 0, mine, EVENT),
        "epoll_ctl to do 4": partial(called, "epoll_ctl", own, 4, mine, EVENT),
        "epoll_ctl to do -1": partial(called, "epoll_ctl", own, -1, mine, EVENT),
    }  # fmt: skip

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.epoll.created-with-wrong-arguments")
def test_epoll_instance_of_no_size_or_unknown_flags_is_refused():
    sizes, flags = (0, -1, -(2**31)), (1, 0x1000, -1)
    cases = {f"epoll_create({size})": partial(called, "epoll_create", size) for size in sizes}
    cases |= {f"epoll_create1({flag:#x})": partial(called, "epoll_create1", flag) for flag in flags}

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.epoll.no-room-keeps-the-event")
@over_streams
def test_event_that_finds_no_room_is_told_later(stream_pair, strangers, memory):
    client, server = stream_pair
    epoll = watched(strangers, server, EPOLLIN | EPOLLET)
    client.send(b"x")
    ready(server, POLLIN)
    room = memory.holding(bytes(64))
    cases = {f"room for {most}": partial(called, "epoll_wait", epoll, room, most, 0) for most in (0, -1, -(2**31))}

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert called("epoll_wait", epoll, room, 4, 0) == 1


@pytest.mark.claim("arguments.epoll.unwritable-keeps-the-event")
@over_streams
def test_event_that_cannot_be_written_is_told_later(stream_pair, strangers, memory):
    client, server = stream_pair
    epoll = watched(strangers, server, EPOLLIN | EPOLLET)
    client.send(b"x")
    ready(server, POLLIN)
    places = {"unwritable": memory.nowhere, "writable in part": memory.ending(bytes(2))}
    cases = {how: partial(called, "epoll_wait", epoll, at, 1, 0) for how, at in places.items()}

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert called("epoll_wait", epoll, memory.holding(bytes(64)), 4, 0) == 1


@pytest.mark.claim("arguments.epoll.unreadable-event-registers-nothing")
@over_unix
def test_event_that_cannot_be_read_registers_nothing(stream_pair, strangers, memory):
    client, _ = stream_pair
    places = {"unreadable": memory.nowhere, "readable in part": memory.ending(bytes(4))}
    cases = {
        how: partial(called, "epoll_ctl", strangers.epoll, EPOLL_CTL_ADD, client.fileno(), at)
        for how, at in places.items()
    }

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    with fails(ENOENT):
        called("epoll_ctl", strangers.epoll, EPOLL_CTL_DEL, client.fileno(), EVENT)


@pytest.mark.claim("arguments.epoll.unreadable-event-changes-nothing")
@over_unix
def test_event_that_cannot_be_read_changes_nothing(stream_pair, strangers, memory):
    client, server = stream_pair
    epoll = watched(strangers, server, EPOLLIN)
    client.send(b"x")

    with fails(EFAULT):
        called("epoll_ctl", epoll, EPOLL_CTL_MOD, server.fileno(), memory.nowhere)  # decisive

    assert called("epoll_wait", epoll, (room := memory.holding(bytes(64))), 4, 0) == 1
    assert memory.at(room, 4) == struct.pack("I", EPOLLIN)


@pytest.mark.claim("arguments.poll.unreadable")
@over_unix
def test_descriptors_that_cannot_be_read_are_not_waited_for(stream_pair, memory):
    client, _ = stream_pair
    one = struct.pack("ihh", client.fileno(), POLLIN, 0)
    places = {"unreadable": (memory.nowhere, 1), "readable in part": (memory.ending(one), 2)}
    cases = {f"poll {how}": partial(called, "poll", *at, 0) for how, at in places.items()}
    cases |= {f"ppoll {how}": partial(called, "ppoll", *at, None, None) for how, at in places.items()}
    cases |= {
        f"select {n}": partial(called, "select", 8, *(memory.nowhere if n == i else None for i in range(3)), None)
        for n in range(3)
    }

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.poll.more-than-may-be-open")
def test_more_descriptors_than_may_be_open_are_refused(memory):
    limit, one = getrlimit(RLIMIT_NOFILE)[0], memory.holding(struct.pack("ihh", -1, POLLIN, 0))
    cases = {f"poll of {many}": partial(called, "poll", one, many, 0) for many in (limit + 1, 2**32 - 1)}

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.select.out-of-range")
def test_select_of_fewer_than_none_or_until_before_now_is_refused(memory):
    times = {f"{when}": memory.holding(struct.pack("ll", *when)) for when in ((-1, 0), (0, -1))}
    cases = {f"select until {when}": partial(called, "select", 0, None, None, None, at) for when, at in times.items()}
    cases |= {f"ppoll until {when}": partial(called, "ppoll", None, 0, at, None) for when, at in times.items()}
    cases |= {
        f"select of {n}": partial(called, "select", n, None, None, None, memory.holding(bytes(16)))
        for n in (-1, -(2**31))
    }

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive
