"""Who else is told by a message, and who is not: other sockets, other hosts, peers (RFC 1191 6, RFC 8201 5)."""

from socket import SOCK_DGRAM

import pytest

from conformance.network.path_mtu.paths import DO, HEADERS, LINK, TOLD, large_datagram, large_segment, mtu_of, too_big
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import ip4, over_ip

NEIGHBOURS = {ip4: "10.78.0.6"}
"""Another host of the link."""


@pytest.mark.claim("pathmtu.segments.told-by-a-datagram")
@over_ip
def test_connection_goes_by_what_was_said_of_a_datagram(remote):
    remote.let_timers_run()
    server, _ = large_segment(remote)
    remote.send("ACK")
    other = remote.another("other")
    _, datagram = large_datagram(other, DO)

    too_big(other, datagram, TOLD)  # decisive

    server.send(b"x" * LINK)
    remote.expect(f"any {1 + LINK - HEADERS[remote.family]}:*({TOLD - HEADERS[remote.family]})")


@pytest.mark.claim("pathmtu.segments.window-kept")
@over_ip
def test_message_leaves_the_congestion_window_as_it_was(remote):
    server, segment = large_segment(remote)
    before = tcp_info(server).snd_cwnd

    too_big(remote, segment, TOLD)  # decisive

    remote.expect(f"any 1:*({TOLD - HEADERS[remote.family]})")
    assert tcp_info(server).snd_cwnd == before


@pytest.mark.claim("pathmtu.datagrams.that-destination-alone")
@over_ip
def test_message_is_about_that_destination_alone(remote):
    sender, datagram = large_datagram(remote, DO)
    other = remote.peers.socket("other", remote.family.domain, SOCK_DGRAM)
    other.connect((NEIGHBOURS.get(remote.family, "fd78::6"), 9))

    too_big(remote, datagram, TOLD)  # decisive

    assert mtu_of(sender, remote.family) == TOLD
    assert mtu_of(other, remote.family) == LINK
