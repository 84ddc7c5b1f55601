"""SO_RCVLOWAT and SO_SNDLOWAT: how many bytes make a socket ready."""

from errno import ENOPROTOOPT
from select import POLLIN
from socket import MSG_DONTWAIT, SHUT_WR, SO_RCVLOWAT, SO_SNDLOWAT, SOL_SOCKET

import pytest

from conformance.stream.receiving.ends import unconnected
from conformance.stream.receiving.queued import arrived, roomy_pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_streams


@pytest.mark.claim("socket.rcvlowat.reads-back")
@over_streams
def test_rcvlowat_is_one_and_reads_back(peers, family):
    end = unconnected(peers, family)
    assert end.getsockopt(SOL_SOCKET, SO_RCVLOWAT) == 1

    end.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 100)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_RCVLOWAT) == 100
    assert end.getsockopt(SOL_SOCKET, SO_SNDLOWAT) == 1


@pytest.mark.claim("socket.rcvlowat.zero-means-one")
@over_streams
def test_rcvlowat_of_zero_means_one(peers, family):
    end = unconnected(peers, family)
    end.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 100)

    end.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 0)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_RCVLOWAT) == 1


@pytest.mark.claim("socket.sndlowat.fixed")
@over_streams
def test_sndlowat_is_one_and_cannot_be_set(peers, family):
    end = unconnected(peers, family)

    with fails(ENOPROTOOPT):
        end.setsockopt(SOL_SOCKET, SO_SNDLOWAT, 100)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_SNDLOWAT) == 1


@pytest.mark.claim("tcp.rcvlowat.delays-readiness")
@over_ip
def test_socket_is_readable_from_the_low_water_mark_on(peers, family):
    client, server = roomy_pair(peers, family)
    server.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 10)  # decisive

    client.send(b"123456789")
    arrived(server, 9)
    assert readiness(server, POLLIN) == 0
    client.send(b"x")

    assert ready(server, POLLIN) == POLLIN
    assert server.recv(100) == b"123456789x"


@pytest.mark.claim("tcp.rcvlowat.end-makes-ready")
@over_ip
def test_end_of_the_stream_is_told_below_the_low_water_mark(peers, family):
    client, server = roomy_pair(peers, family)
    server.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 10)
    client.send(b"few")
    arrived(server, 3)

    client.shutdown(SHUT_WR)  # decisive

    assert ready(server, POLLIN) == POLLIN
    assert [server.recv(100), server.recv(100)] == [b"few", b""]


@pytest.mark.claim("stream.rcvlowat.receive-waits")
@over_streams
def test_receive_waits_for_the_low_water_mark(peers, family):
    client, server = roomy_pair(peers, family)
    server.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 6)  # decisive

    with child(lambda: server.recv(100)) as reader:
        reader.is_blocked_in("recv")
        client.send(b"one")
        reader.is_blocked_in("recv")
        client.send(b"two")
        assert reader.ends().value == b"onetwo"


@pytest.mark.claim("stream.rcvlowat.dontwait-takes-less")
@over_streams
def test_receive_that_may_not_wait_takes_what_is_below_the_mark(peers, family):
    client, server = roomy_pair(peers, family)
    server.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 6)
    client.send(b"one")
    arrived(server, 3)
    seen = []

    seen.append(server.recv(100, MSG_DONTWAIT))  # decisive

    assert seen == [b"one"]
