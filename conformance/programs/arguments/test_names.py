"""Where a call is to write an address and cannot."""

from ctypes import byref, c_int
from errno import EFAULT, EINVAL
from functools import partial
from select import POLLIN

import pytest

from conformance.lifecycle.backlog.queues import caller, take
from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.arguments.strangers import lowest_free
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_streams

ROOM = 128


@pytest.mark.claim("arguments.name.unwritable")
@pytest.mark.parametrize("name", ["getsockname", "getpeername"])
@over_streams
def test_name_that_cannot_be_written_is_refused(stream_pair, memory, family, name):
    client, server = stream_pair
    wide = c_int(ROOM)
    own = memory.holding(bytes(ROOM))
    places = {
        "address": (memory.nowhere, byref(wide)),
        "end of the address": (memory.ending(b"?"), byref(wide)),
        "length": (own, memory.nowhere),
        "end of the length": (own, memory.ending(b"\x10\0")),
    }  # fmt: skip
    cases = {what: partial(called, name, client.fileno(), *at) for what, at in places.items()}

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert client.getpeername() == server.getsockname()


@pytest.mark.claim("arguments.name.negative-room")
@pytest.mark.parametrize("name", ["getsockname", "getpeername"])
@over_streams
def test_negative_room_for_a_name_is_refused(stream_pair, memory, family, name):
    client, _ = stream_pair
    own = memory.holding(bytes(ROOM))
    rooms = {str(room): byref(c_int(room)) for room in (-1, -(2**31))}
    cases = {room: partial(called, name, client.fileno(), own, at) for room, at in rooms.items()}

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert memory.at(own, ROOM) == bytes(ROOM)


def places(memory):
    """Where accept() and recvfrom() cannot put an address, and the error for it."""
    wide, own = byref(c_int(ROOM)), memory.holding(bytes(ROOM))
    return {
        "address": (memory.nowhere, wide),
        "length": (own, memory.nowhere),
    }


@pytest.mark.claim("arguments.accept.unwritable-address-loses-it")
@pytest.mark.parametrize("where", ["address", "length"])
@over_streams
def test_connection_whose_address_cannot_be_written_is_ended(peers, memory, family, where):
    listener = peers.listener(family)
    first = caller(peers, family, listener, lane="first")
    ready(listener, POLLIN)

    with fails(EFAULT):
        called("accept", listener.fileno(), *places(memory)[where])  # decisive

    assert first.recv(1) == b""
    second = caller(peers, family, listener, lane="second")
    second.send(b"taken")
    assert take(peers, listener).recv(100) == b"taken"


@pytest.mark.claim("arguments.accept.negative-room-loses-it")
@over_streams
def test_connection_for_whose_address_the_room_is_negative_is_ended(peers, memory, family):
    listener = peers.listener(family)
    first = caller(peers, family, listener, lane="first")
    ready(listener, POLLIN)

    with fails(EINVAL):
        called("accept", listener.fileno(), memory.holding(bytes(ROOM)), byref(c_int(-1)))  # decisive

    assert first.recv(1) == b""
    assert readiness(listener, POLLIN) == 0


@pytest.mark.claim("arguments.accept.failure-leaves-no-descriptor")
@over_streams
def test_failed_accept_leaves_no_descriptor(peers, memory, family):
    listener = peers.listener(family)
    for lane in ("first", "second"):
        caller(peers, family, listener, lane=lane)
    ready(listener, POLLIN)
    lowest = lowest_free()
    cases = {where: partial(called, "accept", listener.fileno(), *at) for where, at in places(memory).items()}

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert lowest_free() == lowest


@pytest.mark.claim("arguments.receive.unwritable-sender-loses-the-datagram")
@pytest.mark.parametrize("where", ["address", "length"])
@over_streams
def test_datagram_whose_sender_cannot_be_written_is_lost(peers, memory, family, where):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    for data in (b"lost", b"next"):
        client.sendto(data, server.getsockname())
    ready(server, POLLIN)

    with fails(EFAULT):
        called("recvfrom", server.fileno(), memory.holding(bytes(8)), 8, 0, *places(memory)[where])  # decisive

    assert server.recv(100) == b"next"
