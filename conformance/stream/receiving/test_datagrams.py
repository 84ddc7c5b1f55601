"""Where read(2) and recv(2) differ: a datagram, and zero bytes to read."""

import os
from errno import EAGAIN
from select import POLLIN
from socket import MSG_DONTWAIT

import pytest

from conformance.addressing.addresses.raw import sockaddr
from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.receiving.raw import recv, recvfrom, recvmsg
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip, over_streams


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


@pytest.mark.claim("datagram.receive.sender-cut-length-whole")
@pytest.mark.parametrize("call", [recvfrom, recvmsg])
@pytest.mark.parametrize("room", [0, 4, 8])
@over_ip
def test_name_of_the_sender_is_cut_and_its_length_told(peers, family, call, room):
    sender, receiver = datagram_pair(peers, family)
    sender.send(b"data")
    ready(receiver, POLLIN)
    whole = sockaddr(family, *sender.getsockname()[:2])

    cut, told = b"", 0
    cut, told = call(receiver, room=room)  # decisive

    assert (cut, told) == (whole[:room], len(whole))


@pytest.mark.claim("datagram.receive.recvmsg-fills-in-order")
@over_streams
def test_datagram_fills_one_buffer_after_the_other(peers, family):
    sender, receiver = datagram_pair(peers, family)
    buffers = [bytearray(b"____"), bytearray(), bytearray(b"____"), bytearray(b"____")]
    sender.send(b"abcdefghij")
    ready(receiver, POLLIN)

    assert receiver.recvmsg_into(buffers)[0] == 10  # decisive

    assert buffers == [b"abcd", b"", b"efgh", b"ij__"]
