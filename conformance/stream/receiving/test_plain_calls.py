"""Messages of each kind by the calls of files: read(2), readv(2), write(2) and writev(2)."""

import os
from errno import EAGAIN
from select import POLLIN

import pytest

from conformance.lifecycle.states.messages import over_messages, pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready


def readv(number, room):
    """What readv(2) gives in buffers of which one is empty and the last holds all but a byte."""
    buffers = [bytearray(1), bytearray(0), bytearray(room - 1)]
    count = os.readv(number, buffers)
    return b"".join(buffers)[:count]


def writev(number, data):
    """How much writev(2) takes of buffers of which one is empty and one holds a byte."""
    return os.writev(number, [data[:1], b"", data[1:]])


@pytest.mark.claim("messages.write.one-each")
@pytest.mark.parametrize("call", [os.write, writev])
@over_messages
def test_each_write_is_a_message(peers, kind, call):
    (peer, end), counts = pair(peers, kind), []

    counts = [call(peer.fileno(), data) for data in (b"abcdef", b"gh")]  # decisive

    assert counts == [6, 2]
    assert [end.recv(9), end.recv(9)] == [b"abcdef", b"gh"]


@pytest.mark.claim("messages.write.nothing-is-an-empty-one")
@over_messages
def test_write_of_nothing_is_an_empty_message(peers, kind):
    peer, end = pair(peers, kind)

    assert os.write(peer.fileno(), b"") == 0  # decisive

    ready(end, POLLIN)
    peer.send(b"next")
    assert [end.recv(9), end.recv(9)] == [b"", b"next"]


@pytest.mark.claim("messages.read.rest-is-gone")
@pytest.mark.parametrize("call", [os.read, readv])
@over_messages
def test_rest_of_a_message_is_gone_after_a_read(peers, kind, call):
    peer, end = pair(peers, kind)
    end.setblocking(False)
    peer.send(b"abcdef")
    peer.send(b"gh")
    ready(end, POLLIN)

    assert call(end.fileno(), 4) == b"abcd"  # decisive

    ready(end, POLLIN)
    assert call(end.fileno(), 9) == b"gh"
    with fails(EAGAIN):
        end.recv(9)
