"""recvmsg() and readv(): one piece of the stream into several buffers."""

import os
from select import POLLIN

import pytest

from conformance.stream.receiving.queued import arrived
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import over_streams


@pytest.mark.claim("stream.receive.recvmsg-fills-in-order")
@over_streams
def test_recvmsg_fills_one_buffer_after_the_other(stream_pair):
    client, server = stream_pair
    buffers = [bytearray(b"____"), bytearray(), bytearray(b"____"), bytearray(b"____")]
    client.send(b"abcdefghij")
    arrived(server, 10)

    assert server.recvmsg_into(buffers)[0] == 10  # decisive

    assert buffers == [b"abcd", b"", b"efgh", b"ij__"]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.receive.readv-fills-in-order")
@over_streams
def test_readv_fills_one_buffer_after_the_other(stream_pair):
    client, server = stream_pair
    buffers = [bytearray(b"____"), bytearray(), bytearray(b"____"), bytearray(b"____")]
    client.send(b"abcdefghij")
    arrived(server, 10)

    assert os.readv(server.fileno(), buffers) == 10  # decisive

    assert buffers == [b"abcd", b"", b"efgh", b"ij__"]
    assert readiness(server, POLLIN) == 0
