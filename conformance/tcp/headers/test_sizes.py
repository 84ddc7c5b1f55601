"""How large a segment and a flight may be (RFC 9293 sections 3.1 and 3.7.1)."""

from socket import SO_SNDBUF, SOL_SOCKET

import pytest

from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

MINIMUM = {"ip4": 536, "ip6": 1220}
"""Bytes of a segment to a peer that offers no size (RFC 9293 section 3.7.1)."""
HALF = 32_767
"""The largest window that a signed number of 16 bits would hold."""
LINK = {"ip4": 1460, "ip6": 1440}
"""Bytes of a segment that fit the MTU of the link, 1,500."""


@pytest.mark.claim("tcp.headers.size-without-option")
@pytest.mark.parametrize("role", ["passive", "active"])
@over_ip
def test_peer_without_a_segment_size_is_sent_small_segments(remote, family, role):
    end = remote.reach(role=role, options="")

    end.sendall(b"x" * 5000)  # decisive

    segment = remote.expect("any (1..)")
    assert segment.length <= MINIMUM[family.name]


@pytest.mark.claim("tcp.headers.size-of-the-peer-heeded")
@pytest.mark.usefixtures("whole_segments")
@pytest.mark.parametrize("size", [700, 1000, 9000])
@pytest.mark.parametrize("role", ["passive", "active"])
@over_ip
def test_no_segment_is_larger_than_peer_and_link_permit(remote, family, role, size):
    end = remote.reach(role=role, options=f"<mss {size}>")

    end.sendall(b"x" * 12_000)  # decisive

    remote.receive(12_000)
    assert max(packet.length for packet in remote.seen("any (1..)")) == min(size, LINK[family.name])


@pytest.mark.claim("tcp.headers.window-unsigned")
@over_ip
def test_more_than_half_of_the_window_is_under_way(remote, sysctl):
    sysctl("net.ipv4.tcp_congestion_control", "reno")  # others leave slow start when answers come late
    server = remote.reach(options="<mss 1000>", window=60_000)
    server.setsockopt(SOL_SOCKET, SO_SNDBUF, 200_000)
    server.setblocking(False)

    server.send(b"x" * 200_000)  # decisive

    until(lambda: flight_after_a_round(remote) > HALF, what="more than 32,767 bytes under way")


def flight_after_a_round(remote):
    """The bytes under way when no more come; acknowledged then, so that the congestion window grows."""
    before = -1
    while before < remote.numbers.received:
        before = remote.numbers.received
        remote.settle()
    flight = remote.numbers.flight
    remote.send("ACK win 60000")
    return flight


@pytest.mark.claim("tcp.headers.segments-full")
@over_ip
def test_large_send_leaves_in_full_segments(remote):
    server = remote.reach(options="<mss 1000>")
    server.setsockopt(SOL_SOCKET, SO_SNDBUF, 100_000)

    server.sendall(b"x" * 20_300)  # decisive

    remote.receive(20_300)
    assert [packet.length for packet in remote.seen("any (1..)")] == [1000] * 20 + [300]
