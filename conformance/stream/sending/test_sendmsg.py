"""sendmsg() and writev(): several buffers, one stream."""

import os
from errno import EINVAL, EMSGSIZE
from select import POLLIN
from socket import MSG_DONTWAIT

import pytest

from conformance.stream.sending.buffers import MESSAGE, received, small_pair
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import over_streams

WHOLE = memoryview(MESSAGE)
THOUSAND_BUFFERS = [WHOLE[at : at + 1031] for at in range(0, len(MESSAGE), 1031)]
ONE_BIG_BUFFER = [b"head", b"", MESSAGE, b"tail"]
LAST_BUFFER_CUT = [WHOLE[:5], WHOLE[5:]]
MOST_BUFFERS = os.sysconf("SC_IOV_MAX")


@pytest.mark.claim("stream.send.sendmsg-gathers-in-order")
@over_streams
def test_sendmsg_sends_its_buffers_one_after_the_other(stream_pair):
    client, server = stream_pair

    assert client.sendmsg([b"one", b"", b"two ", b"3"]) == 8  # decisive

    assert received(server, 8) == b"onetwo 3"
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.writev-gathers-in-order")
@over_streams
def test_writev_sends_its_buffers_one_after_the_other(stream_pair):
    client, server = stream_pair

    assert os.writev(client.fileno(), [b"one", b"", b"two ", b"3"]) == 8  # decisive

    assert received(server, 8) == b"onetwo 3"
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.sendmsg-short-count")
@pytest.mark.parametrize("buffers", [THOUSAND_BUFFERS, ONE_BIG_BUFFER, LAST_BUFFER_CUT], ids=["many", "big", "last"])
@over_streams
def test_sendmsg_stops_within_any_buffer(peers, family, buffers):
    client, server = small_pair(peers, family)
    whole, count = b"".join(buffers), 0

    count += client.sendmsg(buffers, [], MSG_DONTWAIT)  # decisive

    assert len(buffers[0]) < count < len(whole)
    assert received(server, count) == whole[:count]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.writev-short-count")
@pytest.mark.parametrize("buffers", [THOUSAND_BUFFERS, ONE_BIG_BUFFER, LAST_BUFFER_CUT], ids=["many", "big", "last"])
@over_streams
def test_writev_stops_within_any_buffer(peers, family, buffers):
    client, server = small_pair(peers, family)
    client.setblocking(False)  # decisive
    whole = b"".join(buffers)

    count = os.writev(client.fileno(), buffers)

    assert len(buffers[0]) < count < len(whole)
    assert received(server, count) == whole[:count]
    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.sendmsg-too-many-buffers-fails")
@over_streams
def test_sendmsg_of_more_than_iov_max_buffers_sends_nothing(stream_pair):
    client, server = stream_pair
    assert client.sendmsg([b"x"] * MOST_BUFFERS) == MOST_BUFFERS
    assert received(server, MOST_BUFFERS) == b"x" * MOST_BUFFERS

    with fails(EMSGSIZE):
        client.sendmsg([b"x"] * (MOST_BUFFERS + 1))  # decisive

    assert readiness(server, POLLIN) == 0


@pytest.mark.claim("stream.send.writev-too-many-buffers-fails")
@over_streams
def test_writev_of_more_than_iov_max_buffers_sends_nothing(stream_pair):
    client, server = stream_pair
    assert os.writev(client.fileno(), [b"x"] * MOST_BUFFERS) == MOST_BUFFERS
    assert received(server, MOST_BUFFERS) == b"x" * MOST_BUFFERS

    with fails(EINVAL):
        os.writev(client.fileno(), [b"x"] * (MOST_BUFFERS + 1))  # decisive

    assert readiness(server, POLLIN) == 0
