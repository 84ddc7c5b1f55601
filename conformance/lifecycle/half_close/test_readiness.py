"""What poll(2), epoll(7) and select(2) tell at each stage: exactly these bits and no others."""

import select
from select import EPOLLET, EPOLLHUP, EPOLLIN, EPOLLRDHUP, POLLHUP, POLLIN, POLLOUT, POLLRDHUP
from socket import SHUT_RD, SHUT_RDWR, SHUT_WR

import pytest

from conformance.lifecycle.half_close.ends import epolled, polled, selected
from fixtures.evidence.waiting import GENEROUS, readiness, ready, until
from fixtures.stage.children import child
from fixtures.stage.families import over_all, over_ip_and_mapped, over_unix

HALF = "POLLIN|POLLOUT|POLLRDHUP"
BOTH = "POLLIN|POLLOUT|POLLHUP|POLLRDHUP"
TELLERS = [polled, epolled]


@pytest.mark.claim("stream.half-close.readiness-by-stage")
@pytest.mark.parametrize("told", TELLERS)
@over_all
def test_poll_and_epoll_tell_each_stage(stream_pair, told):
    client, server = stream_pair
    assert (told(client), told(server)) == ("POLLOUT", "POLLOUT")

    client.shutdown(SHUT_WR)  # decisive
    ready(server, POLLRDHUP)
    assert (told(client), told(server)) == ("POLLOUT", HALF)
    assert server.recv(1) == b""
    assert (told(client), told(server)) == ("POLLOUT", HALF)
    server.shutdown(SHUT_WR)  # decisive
    ready(client, POLLHUP)

    assert (told(client), told(server)) == (BOTH, BOTH)


@pytest.mark.claim("stream.half-close.readiness-by-stage")
@over_all
def test_select_tells_each_stage(stream_pair):
    client, server = stream_pair
    assert (selected(client), selected(server)) == ("write", "write")

    client.shutdown(SHUT_WR)  # decisive
    ready(server, POLLIN)
    assert (selected(client), selected(server)) == ("write", "read write")
    server.shutdown(SHUT_WR)  # decisive
    ready(client, POLLIN)

    assert (selected(client), selected(server)) == ("read write", "read write")


@pytest.mark.claim("stream.half-close.pollrdhup-only-if-asked")
@over_all
def test_pollrdhup_is_told_only_if_asked_for_and_pollhup_always(stream_pair):
    client, server = stream_pair
    client.shutdown(SHUT_WR)  # decisive
    ready(server, POLLIN)
    assert readiness(server, POLLIN | POLLOUT) == POLLIN | POLLOUT
    assert readiness(server, POLLRDHUP) == POLLRDHUP
    assert readiness(server, 0) == 0

    server.shutdown(SHUT_WR)  # decisive
    ready(client, POLLIN)

    assert (readiness(server, 0), readiness(client, 0)) == (POLLHUP, POLLHUP)


@pytest.mark.claim("stream.half-close.epollrdhup-edge")
@over_all
def test_half_close_is_an_edge_for_epoll(stream_pair):
    client, server = stream_pair
    with select.epoll() as epoll:
        epoll.register(server, EPOLLIN | EPOLLRDHUP | EPOLLET)
        assert epoll.poll(0) == []

        client.shutdown(SHUT_WR)  # decisive

        assert epoll.poll(GENEROUS) == [(server.fileno(), EPOLLIN | EPOLLRDHUP)]
        until(lambda: epoll.poll(0) == [], what="no event without an edge")
        server.shutdown(SHUT_WR)  # decisive
        assert epoll.poll(GENEROUS) == [(server.fileno(), EPOLLIN | EPOLLHUP | EPOLLRDHUP)]


@pytest.mark.claim("stream.half-close.wakes-poll")
@over_all
def test_half_close_wakes_a_blocked_poll(stream_pair):
    client, server = stream_pair
    with child(lambda: ready(server, POLLRDHUP)) as waiting:
        waiting.is_blocked_in("poll")

        client.shutdown(SHUT_WR)  # decisive

        assert waiting.ends().value == POLLRDHUP


@pytest.mark.claim("stream.half-close.shut-rd-readiness")
@pytest.mark.parametrize("told", TELLERS)
@over_all
def test_own_shut_rd_makes_readable_the_caller_alone(stream_pair, told):
    client, server = stream_pair

    client.shutdown(SHUT_RD)  # decisive

    assert (told(client), told(server)) == (HALF, "POLLOUT")


@pytest.mark.claim("tcp.half-close.shut-rdwr-readiness")
@pytest.mark.parametrize("told", TELLERS)
@over_ip_and_mapped
def test_own_shut_rdwr_hangs_up_for_the_caller_alone(stream_pair, told):
    client, server = stream_pair

    client.shutdown(SHUT_RDWR)  # decisive

    assert told(client) == BOTH
    ready(server, POLLRDHUP)
    assert told(server) == HALF


@pytest.mark.claim("unix.half-close.shut-rdwr-readiness")
@pytest.mark.parametrize("told", TELLERS)
@over_unix
def test_own_shut_rdwr_of_a_unix_socket_hangs_up_for_both(stream_pair, told):
    client, server = stream_pair

    client.shutdown(SHUT_RDWR)  # decisive

    assert (told(client), told(server)) == (BOTH, BOTH)
