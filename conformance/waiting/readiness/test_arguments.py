"""poll(2) and ppoll(2): entries that are passed over, names for bands, and times that are none."""

import ctypes
import struct
from select import POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM

import pytest

from fixtures.evidence.libc import checked
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_streams

ENTRY = struct.Struct("ihh")
"""struct pollfd."""
_libc = ctypes.CDLL(None, use_errno=True)
PLAIN = {POLLRDNORM: POLLIN, POLLWRNORM: POLLOUT}


def polled(*entries, count=None):
    """What poll(2) gives of these descriptors and events, and the events that it tells."""
    memory = ctypes.create_string_buffer(b"".join(ENTRY.pack(fd, events, 0x40) for fd, events in entries))
    result = checked(_libc.poll(memory, len(entries) if count is None else count, 0))
    return result, [ENTRY.unpack_from(memory, at * ENTRY.size)[2] for at in range(len(entries))]


@pytest.mark.claim("poll.entries.negative-ignored")
@over_streams
def test_negative_descriptor_is_passed_over(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    told = None

    told = polled((-1, POLLIN), (~server.fileno(), POLLIN), (server.fileno(), POLLIN))  # decisive

    assert told == (1, [0, 0, POLLIN])


@pytest.mark.claim("poll.bands.as-plain")
@over_streams
def test_normal_bands_are_as_the_plain_events(stream_pair):
    client, server = stream_pair
    before = {band: bool(readiness(server, band)) for band in PLAIN}
    client.send(b"x")  # decisive
    ready(server, POLLIN)

    assert before == {POLLRDNORM: False, POLLWRNORM: True}
    assert readiness(server, POLLRDNORM | POLLWRNORM) == POLLRDNORM | POLLWRNORM


@pytest.mark.claim("poll.entries.each-counted-once")
@over_streams
def test_each_entry_with_events_is_counted_once(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    told, entry = None, (server.fileno(), POLLIN | POLLRDNORM | POLLOUT)

    told = polled(entry, (client.fileno(), POLLIN), entry)  # decisive

    assert told == (2, [POLLIN | POLLRDNORM | POLLOUT, 0, POLLIN | POLLRDNORM | POLLOUT])


@pytest.mark.claim("poll.entries.request-is-kept")
@over_streams
def test_what_was_asked_for_stays(stream_pair):
    client, server = stream_pair
    client.send(b"x")
    ready(server, POLLIN)
    memory = ctypes.create_string_buffer(ENTRY.pack(server.fileno(), POLLIN | POLLPRI, 0))

    checked(_libc.poll(memory, 1, 0))  # decisive

    assert ENTRY.unpack_from(memory) == (server.fileno(), POLLIN | POLLPRI, POLLIN)


@pytest.mark.claim("poll.entries.none-is-a-pause")
def test_poll_of_nothing_lets_the_time_pass(scenario):
    told = None
    told = checked(_libc.poll(None, 0, 1))  # decisive

    assert told == 0
