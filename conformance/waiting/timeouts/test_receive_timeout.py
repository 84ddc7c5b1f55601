"""SO_RCVTIMEO and SO_SNDTIMEO: which calls they end, and when."""

import os
from errno import EAGAIN, EDOM
from socket import MSG_PEEK, SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET

import pytest

from conformance.stream.receiving.ends import datagram_pair, unconnected
from conformance.stream.sending.buffers import MESSAGE, fill, received, small_pair
from conformance.waiting.timeouts.waiters import BAD_MICROSECONDS, WAITERS, by_poll
from fixtures.evidence.expect import STALL, fails, lasts, timeval
from fixtures.stage.children import child
from fixtures.stage.families import over_ip4, over_streams

LIMIT = 0.03
LONGER = 0.25
"""Seconds; ten times as many would be more than what is allowed for a machine that stands still."""

RECEIVES = {
    "recv": lambda end: end.recv(1),
    "peek": lambda end: end.recv(1, MSG_PEEK),
    "recvmsg": lambda end: end.recvmsg(1),
    "read": lambda end: os.read(end.fileno(), 1),
    "readv": lambda end: os.readv(end.fileno(), [bytearray(1)]),
}


@pytest.mark.claim("stream.timeout.receive-fails")
@over_streams
def test_receive_fails_when_the_time_is_over(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(LONGER))  # decisive

    with lasts(at_least=LONGER, slack=STALL), fails(EAGAIN):
        server.recv(1)

    client.send(b"data")
    assert received(server, 4) == b"data"


@pytest.mark.claim("stream.timeout.governs-every-receive")
@pytest.mark.parametrize("call", RECEIVES)
@over_streams
def test_every_call_that_receives_has_the_time_limit(stream_pair, call):
    _, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.02))  # decisive

    with lasts(at_least=0.02, slack=STALL), fails(EAGAIN):
        RECEIVES[call](server)


@pytest.mark.claim("datagram.timeout.receive-fails")
@over_streams
def test_receive_of_a_datagram_fails_when_the_time_is_over(peers, family):
    _, receiver = datagram_pair(peers, family)
    receiver.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.02))  # decisive

    with lasts(at_least=0.02, slack=STALL), fails(EAGAIN):
        receiver.recv(1)


@pytest.mark.claim("stream.timeout.data-in-time")
@over_streams
def test_data_in_time_ends_the_wait(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(600))

    with child(lambda: server.recv(100)) as reader:
        reader.is_blocked_in("recv")
        client.send(b"data")  # decisive
        assert reader.ends().value == b"data"


@pytest.mark.claim("stream.timeout.receive-reads-back")
@over_streams
def test_receive_timeout_reads_back(peers, family):
    end = unconnected(peers, family)
    assert end.getsockopt(SOL_SOCKET, SO_RCVTIMEO, 16) == timeval(0)

    end.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(2.5))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_RCVTIMEO, 16) == timeval(2.5)
    assert end.getsockopt(SOL_SOCKET, SO_SNDTIMEO, 16) == timeval(0)


@pytest.mark.claim("stream.timeout.zero-receives-for-ever")
@over_streams
def test_receive_with_a_timeout_of_zero_waits(stream_pair):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(LIMIT))
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0))  # decisive

    with child(lambda: server.recv(100)) as reader:
        reader.is_blocked_in("recv")
        assert by_poll(reader, 2 * LIMIT) == 0
        client.send(b"data")
        assert reader.ends().value == b"data"


@pytest.mark.claim("stream.timeout.zero-sends-for-ever")
@pytest.mark.needs("siocoutq")
@over_streams
def test_send_with_a_timeout_of_zero_waits(peers, family):
    client, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(LIMIT))
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0))  # decisive

    with child(lambda: client.send(b"more")) as writer:
        assert by_poll(writer, 2 * LIMIT) == 0
        assert received(server, total) == MESSAGE[:total]
        assert writer.ends().value == 4


@pytest.mark.claim("stream.timeout.not-for-waiters")
@pytest.mark.parametrize("waiter", WAITERS)
@over_streams
def test_waiters_have_their_own_time_limit(stream_pair, waiter):
    _, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.001))

    with lasts(at_least=LIMIT):
        found = WAITERS[waiter](server, LIMIT)  # decisive

    assert found == 0


@pytest.mark.claim("socket.timeout.microseconds-in-range")
@pytest.mark.parametrize("option", [SO_RCVTIMEO, SO_SNDTIMEO], ids=["SO_RCVTIMEO", "SO_SNDTIMEO"])
@pytest.mark.parametrize("microseconds", BAD_MICROSECONDS)
@over_ip4
def test_microseconds_out_of_range_are_refused(peers, family, option, microseconds):
    end = unconnected(peers, family)
    end.setsockopt(SOL_SOCKET, option, timeval(1))

    with fails(EDOM):
        end.setsockopt(SOL_SOCKET, option, BAD_MICROSECONDS[microseconds])  # decisive

    assert end.getsockopt(SOL_SOCKET, option, 16) == timeval(1)


@pytest.mark.claim("socket.timeout.negative-never-waits")
@over_streams
def test_receive_with_a_negative_time_limit_does_not_wait(stream_pair):
    _, server = stream_pair

    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(-1))  # decisive

    assert server.getsockopt(SOL_SOCKET, SO_RCVTIMEO, 16) == timeval(0)
    with fails(EAGAIN):
        server.recv(1)
