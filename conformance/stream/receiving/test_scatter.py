"""recvmsg() and readv(): one piece of the stream into several buffers."""

import os
from errno import EMSGSIZE
from select import POLLIN

import pytest

from conformance.stream.receiving.queued import arrived
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
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


@pytest.mark.claim("stream.recvmsg.no-buffers-takes-nothing")
@over_streams
def test_recvmsg_into_no_buffer_takes_nothing(stream_pair):
    client, server = stream_pair
    client.send(b"kept")
    ready(server, POLLIN)
    taken = None

    taken = server.recvmsg_into([])[0]  # decisive

    assert taken == 0
    assert server.recv(9) == b"kept"


@pytest.mark.claim("stream.recvmsg.most-buffers")
@over_streams
def test_recvmsg_takes_as_many_buffers_as_there_may_be(stream_pair):
    client, server = stream_pair
    client.send(bytes(range(256)) * 4 + b"rest")
    ready(server, POLLIN)
    most = [bytearray(1) for _ in range(1024)]

    with fails(EMSGSIZE):
        server.recvmsg_into([*most, bytearray(1)])  # decisive
    count = server.recvmsg_into(most)[0]

    assert (count, b"".join(most)) == (1024, bytes(range(256)) * 4)
    assert server.recv(9) == b"rest"
