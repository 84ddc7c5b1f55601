"""A process that is stopped while it waits, and goes on: which waits end with EINTR, and which go on too."""

from errno import EINTR
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET

import pytest

from conformance.waiting.stopped.calls import (
    PATIENT,
    accept,
    epoll_wait,
    poll,
    recv,
    selected,
    send,
    stopped_and_continued,
)
from fixtures.evidence.expect import fails, timeval
from fixtures.stage.children import child
from fixtures.stage.families import over_streams


@pytest.mark.claim("waiting.stopped.goes-on")
@pytest.mark.parametrize("call", [poll, selected, recv], ids=["poll", "select", "recv"])
@over_streams
def test_wait_goes_on_when_the_process_does(stream_pair, call):
    client, server = stream_pair

    with child(lambda: call(server)) as waiting:
        stopped_and_continued(waiting, call.__name__)
        waiting.is_blocked_in(call.__name__)
        client.send(b"x")  # decisive
        assert waiting.ends().value == 1


@pytest.mark.claim("waiting.stopped.epoll-eintr")
@over_streams
def test_epoll_wait_ends_with_eintr(stream_pair):
    with fails(EINTR), child(lambda: epoll_wait(stream_pair.server)) as waiting:
        stopped_and_continued(waiting, "epoll_wait")  # decisive
        waiting.ends()


@pytest.mark.claim("waiting.stopped.receive-timeout-eintr")
@over_streams
def test_receive_with_a_time_out_ends_with_eintr(stream_pair):
    server = stream_pair.server
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(PATIENT))

    with fails(EINTR), child(lambda: recv(server)) as waiting:
        stopped_and_continued(waiting, "recv")  # decisive
        waiting.ends()


@pytest.mark.claim("waiting.stopped.receive-timeout-eintr")
@over_streams
def test_accept_with_a_time_out_ends_with_eintr(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(PATIENT))

    with fails(EINTR), child(lambda: accept(listener)) as waiting:
        stopped_and_continued(waiting, "accept")  # decisive
        waiting.ends()


@pytest.mark.claim("waiting.stopped.send-timeout")
@over_streams
def test_send_with_a_time_out_ends_early(stream_pair):
    client, size = stream_pair.client, 1 << 24
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(PATIENT))

    with child(lambda: send(client)) as sending:
        stopped_and_continued(sending, "send")  # decisive
        assert 0 < sending.ends().value < size
