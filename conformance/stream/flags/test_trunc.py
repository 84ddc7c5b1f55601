"""MSG_TRUNC on a TCP socket: bytes that are counted and thrown away."""

from errno import EAGAIN
from socket import MSG_DONTWAIT, MSG_TRUNC

import pytest

from conformance.stream.receiving.queued import arrived
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.flags.trunc-discards")
@over_ip
def test_trunc_discards_bytes_of_the_stream(stream_pair):
    client, server = stream_pair
    buffer = bytearray(b"____")
    client.send(b"abcdef")
    arrived(server, 6)

    assert server.recv_into(buffer, 4, MSG_TRUNC) == 4  # decisive

    assert buffer == b"____"
    assert server.recv(100) == b"ef"
    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)
