"""What receiving leaves alone, memory behind what has come, and the length of what did not fit."""

from select import POLLIN
from socket import MSG_PEEK, MSG_TRUNC

import pytest

from conformance.lifecycle.states.messages import over_messages, pair
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams

BEFORE = b"\x5a" * 16


def came(end, receive):
    """What lies in two buffers of sixteen bytes once `receive` has filled them."""
    buffers = [bytearray(BEFORE), bytearray(BEFORE)]
    ready(end, POLLIN)
    assert receive(end, buffers) == 4
    return buffers


def by_recv(end, buffers):
    """recv(2) into the first one."""
    return end.recv_into(buffers[0])


def by_recvmsg(end, buffers):
    """recvmsg(2) into both."""
    return end.recvmsg_into(buffers)[0]


receives = pytest.mark.parametrize("receive", [by_recv, by_recvmsg])


@pytest.mark.claim("stream.receive.room-behind-left-alone")
@receives
@over_streams
def test_memory_behind_what_came_from_a_stream_is_left_alone(stream_pair, receive):
    client, server = stream_pair

    client.send(b"data")  # decisive

    assert came(server, receive) == [b"data" + BEFORE[4:], BEFORE]


@pytest.mark.claim("messages.receive.room-behind-left-alone")
@receives
@over_messages
def test_memory_behind_a_message_is_left_alone(peers, kind, receive):
    peer, end = pair(peers, kind)

    peer.send(b"data")  # decisive

    assert came(end, receive) == [b"data" + BEFORE[4:], BEFORE]


@pytest.mark.claim("messages.receive.whole-length-by-flag")
@pytest.mark.parametrize("peeks", [MSG_PEEK, 0], ids=["peek", "take"])
@over_messages
def test_whole_length_of_a_message_is_told(peers, kind, peeks):
    peer, end = pair(peers, kind)
    peer.send(b"ten bytes!")
    ready(end, POLLIN)
    buffer, length = bytearray(BEFORE), 0

    length = end.recv_into(buffer, 4, MSG_TRUNC | peeks)  # decisive

    assert (length, buffer) == (10, b"ten " + BEFORE[4:])
