"""select(2) and pselect(2): what lies above the first argument, times that are none, and the words of poll(2)."""

import ctypes
import struct
from select import POLLERR, POLLIN, POLLOUT, POLLPRI
from socket import MSG_OOB, SOCK_STREAM

import pytest

from conformance.waiting.select.sets import fd_set, members
from fixtures.evidence.libc import checked
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip, over_streams

_libc = ctypes.CDLL(None, use_errno=True)
TIME = struct.Struct("ll")
ZERO = TIME.pack(0, 0)


def sets_of(end):
    """In which of the three sets select(2) leaves a descriptor that is in all of them."""
    sets = [fd_set({end.fileno()}) for _ in range(3)]
    checked(_libc.select(end.fileno() + 1, *sets, ctypes.create_string_buffer(ZERO)))
    return [end.fileno() in members(each) for each in sets]


@pytest.mark.claim("select.sets.above-the-first-argument")
@over_streams
def test_descriptors_above_the_first_argument_are_not_looked_at(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    readable, told = fd_set({server.fileno()}), None

    told = _libc.select(server.fileno(), readable, None, None, ctypes.create_string_buffer(ZERO))  # decisive

    assert told == 0


@pytest.mark.claim("select.timeout.pselect-keeps-it")
@over_streams
def test_pselect_leaves_its_time_alone(stream_pair):
    limit = ctypes.create_string_buffer(TIME.pack(0, 20_000_000))
    number, told = stream_pair.server.fileno(), None

    told = checked(_libc.pselect(number + 1, fd_set({number}), None, None, limit, None))  # decisive

    assert told == 0
    assert TIME.unpack_from(limit) == (0, 20_000_000)


@pytest.mark.claim("select.sets.as-poll-says")
@pytest.mark.usefixtures("bsd_urgent")
@over_ip
def test_sets_are_those_of_the_events_of_poll(peers, family):
    client, server = peers.pair(family)
    client.send(b"U", MSG_OOB)  # decisive
    ready(server, POLLPRI)
    events = readiness(server)

    assert sets_of(server) == [bool(events & POLLIN), bool(events & (POLLOUT | POLLERR)), bool(events & POLLPRI)]
    assert sets_of(server)[2]


@pytest.mark.claim("select.sets.as-poll-says")
@over_ip
def test_socket_in_error_is_in_both_sets_of_data(peers, family):
    never, told = peers.socket("never", family.domain, SOCK_STREAM), None

    told = sets_of(never)  # decisive

    assert told == [True, True, False]
