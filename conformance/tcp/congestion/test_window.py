"""The congestion window: how much may be on its way before the first acknowledgement."""

import pytest

from conformance.stream.receiving.queued import deaf
from conformance.stream.sending.buffers import MESSAGE, send_window, unsent
from conformance.tcp.congestion.flights import short_segments
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

LENGTH = 9000
"""Bytes: more than ten segments, with which a connection begins, and less than the window that a receiver opens."""
PROBE = 1
"""A segment beyond the window, which a tail loss probe may send (RFC 8985, 7.3)."""


@pytest.mark.claim("tcp.congestion.window-bounds-flight")
@pytest.mark.needs("filter", "kernel>=5.4")
@over_ip
def test_first_flight_is_as_long_as_the_congestion_window(peers, family):
    client, server = short_segments(peers, family)
    window, segment = tcp_info(client).snd_cwnd, tcp_info(client).snd_mss
    assert (window + PROBE) * segment < LENGTH <= send_window(client)

    with deaf(server):
        client.send(MESSAGE[:LENGTH])  # decisive
        until(lambda: unsent(client) <= LENGTH - window * segment, what="a flight as long as the window")
        held_back = unsent(client)

    assert held_back >= LENGTH - (window + PROBE) * segment
