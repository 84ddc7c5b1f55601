"""What FIONREAD and SIOCOUTQ say about the bytes that wait."""

from errno import EINVAL
from select import POLLIN
from socket import SHUT_WR

import pytest

from conformance.stream.receiving.ends import datagram_pair, end_has_come
from conformance.stream.receiving.queued import arrived
from conformance.stream.sending.buffers import unacknowledged, unread
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_streams


@pytest.mark.claim("stream.count.fionread-counts-unread")
@over_streams
def test_fionread_counts_the_bytes_that_were_not_read(stream_pair):
    client, server = stream_pair
    assert unread(server) == 0

    client.send(b"abcdef")
    client.send(b"gh")
    arrived(server, 8)

    assert unread(server) == 8
    server.recv(3)  # decisive
    assert unread(server) == 5
    assert server.recv(100) == b"defgh"
    assert unread(server) == 0


@pytest.mark.claim("tcp.count.fionread-without-the-end")
@over_ip
def test_fionread_does_not_count_the_end_of_the_stream(stream_pair):
    client, server = stream_pair
    client.send(b"abc")

    client.shutdown(SHUT_WR)

    end_has_come(server)
    assert unread(server) == 3
    assert server.recv(100) == b"abc"  # decisive
    assert unread(server) == 0


@pytest.mark.claim("stream.count.listener-has-none")
@over_streams
def test_fionread_of_a_listener_fails(peers, family):
    listener = peers.listener(family)

    with fails(EINVAL):
        unread(listener)  # decisive


@pytest.mark.claim("tcp.count.listener-sends-nothing")
@pytest.mark.needs("siocoutq")
@over_ip
def test_siocoutq_of_a_listener_fails(peers, family):
    listener = peers.listener(family)

    with fails(EINVAL):
        unacknowledged(listener)  # decisive


@pytest.mark.claim("datagram.count.fionread-next-datagram")
@over_streams
def test_fionread_gives_the_size_of_the_next_datagram(peers, family):
    sender, receiver = datagram_pair(peers, family)
    assert unread(receiver) == 0

    sender.send(b"12345")
    sender.send(b"67")
    ready(receiver, POLLIN)

    assert unread(receiver) == 5
    assert receiver.recv(100) == b"12345"  # decisive
    ready(receiver, POLLIN)
    assert unread(receiver) == 2
