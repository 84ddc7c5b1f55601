"""Where read(2) and recv(2) differ: a datagram, and zero bytes to read."""

import os
from errno import EAGAIN
from select import POLLIN
from socket import MSG_DONTWAIT

import pytest

from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.receiving.raw import recv
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_streams


@pytest.mark.claim("datagram.receive.zero-read-takes-nothing")
@pytest.mark.parametrize("content", [b"", b"data"], ids=["empty", "filled"])
@over_streams
def test_read_of_zero_bytes_leaves_the_datagram_and_recv_takes_it(peers, family, content):
    sender, receiver = datagram_pair(peers, family)
    sender.send(content)
    ready(receiver, POLLIN)

    assert os.read(receiver.fileno(), 0) == b""
    assert readiness(receiver, POLLIN) == POLLIN
    assert recv(receiver, 0) == b""  # decisive

    with fails(EAGAIN):
        receiver.recv(1, MSG_DONTWAIT)
