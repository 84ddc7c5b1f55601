"""O_NONBLOCK: how it is set and cleared, what it does, and who shares it."""

import os
from errno import EAGAIN
from fcntl import F_GETFL, F_SETFL, fcntl
from os import O_NONBLOCK, O_RDWR
from select import POLLIN
from socket import SHUT_WR, SO_RCVTIMEO, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.states.messages import connected, over_messages
from conformance.stream.receiving.queued import arrived
from conformance.stream.receiving.raw import recv
from conformance.stream.sending.buffers import MESSAGE, fill, small_pair
from conformance.waiting.blocking.modes import fionbio, read_as_far_as_possible
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_streams

WAYS = {"F_SETFL": lambda end: fcntl(end, F_SETFL, O_NONBLOCK), "FIONBIO": lambda end: fionbio(end, 1)}


@pytest.mark.claim("stream.nonblocking.setfl-makes-receive-fail")
@over_streams
def test_setfl_makes_a_receive_of_nothing_fail(stream_pair):
    client, server = stream_pair
    flags = fcntl(server, F_GETFL)
    assert flags & (O_NONBLOCK | O_RDWR) == O_RDWR

    fcntl(server, F_SETFL, flags | O_NONBLOCK)  # decisive

    assert fcntl(server, F_GETFL) == flags | O_NONBLOCK
    with fails(EAGAIN):
        server.recv(1)
    with fails(EAGAIN):
        os.read(server.fileno(), 1)
    client.send(b"data")
    arrived(server, 4)
    assert server.recv(100) == b"data"


@pytest.mark.claim("stream.nonblocking.setfl-makes-send-fail")
@pytest.mark.needs("siocoutq")
@over_streams
def test_setfl_makes_a_send_into_a_full_buffer_fail(peers, family):
    client, _ = pair = small_pair(peers, family)
    fill(pair, MESSAGE)

    fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK)  # decisive

    with fails(EAGAIN):
        client.send(b"x")
    with fails(EAGAIN):
        os.write(client.fileno(), b"x")


@pytest.mark.claim("stream.nonblocking.setfl-makes-accept-fail")
@over_streams
def test_setfl_makes_an_accept_of_nobody_fail(peers, family):
    listener = peers.listener(family)

    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)  # decisive

    with fails(EAGAIN):
        listener.accept()
    client = peers.connecting(family, listener.getsockname())
    assert peers.accepting(listener).send(b"x") == client.recv(1).count(b"x")


@pytest.mark.claim("stream.nonblocking.setfl-clears")
@over_streams
def test_setfl_without_the_flag_makes_calls_wait_again(stream_pair):
    _, server = stream_pair
    flags = fcntl(server, F_GETFL)
    fcntl(server, F_SETFL, flags | O_NONBLOCK)

    fcntl(server, F_SETFL, flags)  # decisive

    assert fcntl(server, F_GETFL) & O_NONBLOCK == 0
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.03))
    with lasts(at_least=0.03), fails(EAGAIN):
        server.recv(1)


@pytest.mark.claim("stream.nonblocking.fionbio-sets")
@over_streams
def test_fionbio_sets_the_flag(stream_pair):
    _, server = stream_pair

    fionbio(server, 1)  # decisive

    assert fcntl(server, F_GETFL) & O_NONBLOCK == O_NONBLOCK
    with fails(EAGAIN):
        server.recv(1)


@pytest.mark.claim("stream.nonblocking.fionbio-clears")
@over_streams
def test_fionbio_of_zero_clears_the_flag(stream_pair):
    _, server = stream_pair
    fcntl(server, F_SETFL, fcntl(server, F_GETFL) | O_NONBLOCK)

    fionbio(server, 0)  # decisive

    assert fcntl(server, F_GETFL) & O_NONBLOCK == 0
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.03))
    with lasts(at_least=0.03), fails(EAGAIN):
        server.recv(1)


@pytest.mark.claim("stream.nonblocking.shared-by-duplicates")
@over_streams
def test_duplicates_share_the_flag(stream_pair):
    _, server = stream_pair
    other = os.dup(server.fileno())

    fcntl(other, F_SETFL, fcntl(other, F_GETFL) | O_NONBLOCK)  # decisive

    assert fcntl(server, F_GETFL) & O_NONBLOCK == O_NONBLOCK
    with fails(EAGAIN):
        server.recv(1)
    os.close(other)


@pytest.mark.claim("stream.nonblocking.shared-with-children")
@over_streams
def test_flag_that_a_child_sets_is_the_parents_too(stream_pair):
    _, server = stream_pair
    assert fcntl(server, F_GETFL) & O_NONBLOCK == 0

    in_child(lambda: fcntl(server, F_SETFL, fcntl(server, F_GETFL) | O_NONBLOCK))  # decisive

    assert fcntl(server, F_GETFL) & O_NONBLOCK == O_NONBLOCK
    with fails(EAGAIN):
        server.recv(1)


@pytest.mark.claim("stream.nonblocking.peer-keeps-its-mode")
@over_streams
def test_the_other_end_of_the_connection_still_waits(stream_pair):
    client, server = stream_pair
    fcntl(server, F_SETFL, fcntl(server, F_GETFL) | O_NONBLOCK)
    client.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(0.03))  # decisive

    assert fcntl(client, F_GETFL) & O_NONBLOCK == 0
    with lasts(at_least=0.03), fails(EAGAIN):
        client.recv(1)


@pytest.mark.claim("stream.nonblocking.end-is-no-emptiness")
@over_streams
def test_end_and_emptiness_differ_for_recv_and_not_for_a_loop_that_counts(stream_pair):
    client, server = stream_pair
    server.setblocking(False)

    with fails(EAGAIN):
        server.recv(100)
    empty = read_as_far_as_possible(server)
    client.shutdown(SHUT_WR)  # decisive
    ready(server, POLLIN)
    ended = server.recv(100), read_as_far_as_possible(server)

    assert (empty, ended) == (0, (b"", 0))


@pytest.mark.claim("stream.nonblocking.time-limit-does-not-matter")
@over_streams
def test_non_blocking_receive_does_not_wait_for_the_time_limit(stream_pair):
    _, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(600))
    server.setblocking(False)  # decisive

    with fails(EAGAIN):
        server.recv(1)


@pytest.mark.claim("socket.flags.read-and-write-alone")
@pytest.mark.parametrize("flags", [0, SOCK_CLOEXEC, SOCK_NONBLOCK], ids=["plain", "SOCK_CLOEXEC", "SOCK_NONBLOCK"])
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
@over_streams
def test_new_socket_has_no_other_status_flags(peers, family, kind, flags):
    end, seen = peers.socket("end", family.domain, kind | flags), None

    seen = fcntl(end, F_GETFL)  # decisive

    assert seen == O_RDWR | (flags & SOCK_NONBLOCK)


@pytest.mark.claim("messages.nonblocking.each-way-makes-calls-fail")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@over_messages
def test_each_way_makes_a_socket_of_messages_nonblocking(peers, kind, way):
    end = connected(peers, kind)

    way(end)  # decisive

    assert fcntl(end, F_GETFL) == O_RDWR | O_NONBLOCK
    with fails(EAGAIN):
        recv(end, 1)
