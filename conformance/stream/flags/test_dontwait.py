"""MSG_DONTWAIT on a receive: one call that does not wait."""

from errno import EAGAIN
from fcntl import F_GETFL, fcntl
from os import O_NONBLOCK
from socket import MSG_DONTWAIT, SO_RCVTIMEO, SOL_SOCKET

import pytest

from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.stage.families import over_streams


@pytest.mark.claim("stream.flags.dontwait-empty-fails")
@over_streams
def test_receive_of_nothing_with_dontwait_fails(stream_pair):
    client, server = stream_pair

    with fails(EAGAIN):
        server.recv(100, MSG_DONTWAIT)  # decisive

    client.send(b"data")
    assert server.recv(100) == b"data"


@pytest.mark.claim("stream.flags.dontwait-per-call")
@over_streams
def test_dontwait_acts_on_one_receive_only(stream_pair):
    _, server = stream_pair

    with fails(EAGAIN):
        server.recv(100, MSG_DONTWAIT)  # decisive

    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.03))
    with lasts(at_least=0.03), fails(EAGAIN):
        server.recv(100)  # decisive
    assert fcntl(server, F_GETFL) & O_NONBLOCK == 0
