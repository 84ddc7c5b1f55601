"""What is left to read, told beside what was read."""

import struct
from select import POLLIN
from socket import CMSG_SPACE, IPPROTO_TCP

import pytest

from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

TCP_INQ = 36
"""The option, and the type of its control message (linux/tcp.h)."""


@pytest.mark.claim("tcp.inq.tells-what-is-left")
@pytest.mark.needs("option:IPPROTO_TCP.36")
@over_ip
def test_control_message_tells_what_is_left(stream_pair):
    client, server = stream_pair
    server.setsockopt(IPPROTO_TCP, TCP_INQ, 1)  # decisive
    client.send(b"ten bytes.")
    ready(server, POLLIN)

    data, control, _, _ = server.recvmsg(4, CMSG_SPACE(4))

    assert (data, control) == (b"ten ", [(IPPROTO_TCP, TCP_INQ, struct.pack("=i", 6))])
