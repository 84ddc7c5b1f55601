"""MSG_PEEK: the same bytes once more."""

from errno import EAGAIN
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_PEEK, SHUT_WR

import pytest

from conformance.stream.receiving.ends import datagram_pair
from conformance.stream.receiving.queued import arrived
from conformance.stream.sending.buffers import unread
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams


@pytest.mark.claim("stream.flags.peek-takes-nothing")
@over_streams
def test_peeking_leaves_the_bytes_in_the_stream(stream_pair):
    client, server = stream_pair
    client.send(b"hello")
    arrived(server, 5)
    seen = []

    seen += [server.recv(3, MSG_PEEK), server.recv(100, MSG_PEEK)]  # decisive

    assert seen == [b"hel", b"hello"]
    assert unread(server) == 5
    assert server.recv(100) == b"hello"
    with fails(EAGAIN):
        server.recv(1, MSG_PEEK | MSG_DONTWAIT)


@pytest.mark.claim("stream.flags.peek-sees-the-end")
@over_streams
def test_peeking_at_the_end_gives_zero_each_time(stream_pair):
    client, server = stream_pair

    client.shutdown(SHUT_WR)  # decisive

    assert [server.recv(1, MSG_PEEK), server.recv(1, MSG_PEEK), server.recv(1)] == [b"", b"", b""]


@pytest.mark.claim("datagram.flags.peek-takes-nothing")
@over_streams
def test_peeking_leaves_the_datagram(peers, family):
    sender, receiver = datagram_pair(peers, family)
    sender.send(b"hello")
    ready(receiver, POLLIN)
    seen = []

    seen += [receiver.recv(3, MSG_PEEK), receiver.recv(100, MSG_PEEK)]  # decisive

    assert seen == [b"hel", b"hello"]
    assert receiver.recv(100) == b"hello"
    with fails(EAGAIN):
        receiver.recv(1, MSG_PEEK | MSG_DONTWAIT)
