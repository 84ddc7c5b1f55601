"""SO_RCVTIMEO and SO_SNDTIMEO of sockets that keep the bounds of messages."""

from errno import EAGAIN
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET

import pytest

from conformance.lifecycle.states.asking import RECEIVES
from conformance.lifecycle.states.messages import KINDS, connected, full, over_messages
from fixtures.evidence.expect import fails, lasts, timeval

LIMIT = 0.03
"""Seconds."""
over_local_messages = pytest.mark.parametrize(
    "kind", [pytest.param(each, id=str(each)) for each in KINDS if not each.family.ip]
)


@pytest.mark.claim("messages.timeout.receive-fails")
@pytest.mark.parametrize("receive", RECEIVES.values(), ids=RECEIVES)
@over_messages
def test_receive_of_nothing_fails_when_the_time_is_over(peers, kind, receive):
    end = connected(peers, kind)
    end.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeval(LIMIT))  # decisive

    with lasts(at_least=LIMIT), fails(EAGAIN):
        receive(end)


@pytest.mark.claim("messages.timeout.send-fails")
@pytest.mark.unwatched
@over_local_messages
def test_send_without_room_fails_when_the_time_is_over(peers, kind):
    end = full(peers, kind)
    end.setblocking(True)
    end.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(LIMIT))  # decisive

    with lasts(at_least=LIMIT), fails(EAGAIN):
        end.send(b"x")
