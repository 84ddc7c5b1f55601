"""A stream has no boundaries: how many bytes a receive gives depends on what is there, and on nothing else."""

import os
from errno import EAGAIN
from select import POLLIN
from socket import MSG_DONTWAIT, SHUT_WR

import pytest

from conformance.stream.receiving.queued import arrived, roomy_pair
from conformance.stream.receiving.raw import recv
from conformance.stream.sending.buffers import received
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import over_streams
from fixtures.stage.processor import also_across_processors

LARGE = 20_000
"""Bytes: more than a page, and less than any buffer."""
CALLS = {
    "recv": lambda end: len(end.recv(2 * LARGE)),
    "recvmsg": lambda end: len(end.recvmsg(2 * LARGE)[0]),
    "read": lambda end: len(os.read(end.fileno(), 2 * LARGE)),
    "readv": lambda end: os.readv(end.fileno(), [bytearray(LARGE), bytearray(LARGE)]),
}


@pytest.mark.claim("stream.receive.no-boundaries")
@over_streams
@also_across_processors
def test_two_sends_come_out_of_one_receive(stream_pair):
    client, server = stream_pair

    client.send(b"first")
    client.send(b"second")  # decisive

    arrived(server, 11)
    assert server.recv(100) == b"firstsecond"
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.receive.no-boundaries")
@over_streams
@also_across_processors
def test_one_send_comes_out_of_many_receives(stream_pair):
    client, server = stream_pair
    pieces = []

    client.send(b"abcdef")
    arrived(server, 6)
    pieces += [server.recv(1), server.recv(3), server.recv(2)]  # decisive

    assert pieces == [b"a", b"bcd", b"ef"]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.receive.gives-what-is-there")
@over_streams
def test_receive_gives_what_is_there_and_does_not_wait_for_more(stream_pair):
    client, server = stream_pair
    seen = []

    client.send(b"ready")
    arrived(server, 5)
    seen.append(server.recv(100))  # decisive

    assert seen == [b"ready"]
    with fails(EAGAIN):
        server.recv(100, MSG_DONTWAIT)


@pytest.mark.claim("stream.receive.zero-length-takes-nothing")
@over_streams
def test_receive_of_zero_bytes_gives_zero_and_takes_nothing(stream_pair):
    client, server = stream_pair
    client.send(b"data")
    arrived(server, 4)
    nothing = []

    nothing.append(recv(server, 0))  # decisive

    assert nothing == [b""]
    assert received(server, 4) == b"data"
    with fails(EAGAIN):
        server.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("stream.receive.read-is-recv")
@over_streams
def test_read_gives_what_recv_without_flags_gives(stream_pair):
    client, server = stream_pair
    client.send(b"abcdef")
    arrived(server, 6)
    seen = []

    seen += [os.read(server.fileno(), 2), server.recv(2), os.read(server.fileno(), 100)]  # decisive

    server.setblocking(False)
    with fails(EAGAIN):
        os.read(server.fileno(), 1)
    with fails(EAGAIN):
        server.recv(1)
    server.setblocking(True)
    client.shutdown(SHUT_WR)
    assert [*seen, os.read(server.fileno(), 1), server.recv(1)] == [b"ab", b"cd", b"ef", b"", b""]


@pytest.mark.claim("stream.receive.gives-what-is-there")
@pytest.mark.needs("buffers:100000")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@over_streams
def test_each_call_gives_all_that_is_there(peers, family, call):
    client, server = roomy_pair(peers, family)
    client.sendall(bytes(LARGE))
    arrived(server, LARGE)

    seen = 0
    seen = call(server)  # decisive

    assert seen == LARGE
