"""Memory of the caller that a call has no business to write."""

import struct
from select import POLLIN
from socket import MSG_PEEK

import pytest

from conformance.programs.arguments.calls import called
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams

IOV, COUNT = 16, 24
"""Places of msg_iov and msg_iovlen in struct msghdr (recvmsg(2))."""


@pytest.mark.claim("stream.message.buffers-left-as-they-are")
@over_streams
def test_list_of_buffers_is_as_it_was(stream_pair, memory):
    client, server = stream_pair
    data = [(memory.holding(bytes(16)), 16), (memory.holding(bytes(16)), 16)]
    message = memory.message(data)
    at, count = struct.unpack("PN", memory.at(message + IOV, COUNT - IOV + 8))
    before, sizes = memory.at(at, 16 * count), []

    sizes.append(called("sendmsg", client.fileno(), message, 0))  # decisive
    ready(server, POLLIN)
    sizes.append(called("recvmsg", server.fileno(), message, MSG_PEEK))  # decisive
    server.recv(30)
    sizes.append(called("recvmsg", server.fileno(), message, 0))  # decisive

    assert sizes == [32, 32, 2]
    assert memory.at(at, 16 * count) == before
    assert struct.unpack("PN", memory.at(message + IOV, COUNT - IOV + 8)) == (at, count)
