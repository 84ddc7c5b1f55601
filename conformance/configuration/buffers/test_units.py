"""The unit of the rate that a buffer is calculated from."""

from time import monotonic

import pytest

from conformance.configuration.buffers.rates import delivery_rate
from conformance.stream.receiving.queued import deaf, dropped
from conformance.stream.sending.buffers import received, unacknowledged
from conformance.tcp.congestion.flights import short_segments
from fixtures.evidence.waiting import starved, until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.unwatched  # what it looks at would be another with a capture beside it

SENT = 400


@pytest.mark.claim("tcp.buffers.delivery-rate-in-bytes")
@pytest.mark.needs("filter", "option:SOL_SOCKET.55")
@over_ip
def test_delivery_rate_times_the_time_is_a_segment_in_bytes(peers, family):
    began, waited = monotonic(), starved()
    client, server, segment = *short_segments(peers, family), 536

    with deaf(server):
        client.send(bytes(SENT))  # decisive
        until(lambda: dropped(server) == 1, what="a segment that did not get through")
    received(server, SENT)
    until(lambda: unacknowledged(client) == 0, what="an acknowledgement of all bytes")

    took = monotonic() - began
    assert delivery_rate(client) * took > segment / 2
    assert delivery_rate(client) * (took - starved() + waited) < segment * 4  # a busy machine is no faster one
