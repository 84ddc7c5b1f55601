"""Segments that were too big for their path (RFC 1191, RFC 8201, RFC 5927)."""

from socket import SO_ERROR, SOL_SOCKET

import pytest

from conformance.network.path_mtu.paths import (
    DISCOVERY,
    DONT,
    HEADERS,
    LINK,
    TOLD,
    came,
    large_segment,
    mtu_of,
    network_of,
    too_big,
    with_number,
)
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import ip6, over, over_ip, over_ip4

LEAST = 700
"""A least MTU that nobody would choose by himself."""


@pytest.mark.claim("pathmtu.segments.sent-again-smaller")
@over_ip
def test_segment_that_was_too_big_is_sent_again_in_smaller_ones(remote):
    _, segment = large_segment(remote)
    size = TOLD - HEADERS[remote.family]

    too_big(remote, segment, TOLD)  # decisive

    remote.expect(f"any 1:*({size})")
    remote.expect(f"any {1 + size}:*({LINK - TOLD})")


@pytest.mark.claim("pathmtu.segments.mtu-told")
@over_ip
def test_socket_tells_the_mtu_of_its_path(remote):
    server, segment = large_segment(remote)
    assert mtu_of(server, remote.family) == LINK

    too_big(remote, segment, TOLD)  # decisive

    assert mtu_of(server, remote.family) == TOLD
    assert tcp_info(server).pmtu == TOLD


@pytest.mark.claim("pathmtu.segments.no-error")
@over_ip
def test_too_big_is_no_error_of_the_connection(remote):
    server, segment = large_segment(remote)

    too_big(remote, segment, TOLD)  # decisive

    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    remote.expect(f"any 1:*({TOLD - HEADERS[remote.family]})")


@pytest.mark.claim("pathmtu.segments.later-ones-smaller")
@over_ip
def test_later_connections_begin_with_smaller_segments(remote):
    _, segment = large_segment(remote)

    too_big(remote, segment, TOLD)  # decisive

    other = remote.another("other")
    listener = other.listener()
    other.open("<mss 1460>")
    server = other.peers.accepting(listener)
    server.send(b"x" * LINK)
    other.expect(f"any 1:*({TOLD - HEADERS[remote.family]})")


@pytest.mark.claim("pathmtu.segments.forged-ignored")
@pytest.mark.parametrize("ahead", [-1, LINK + 1, 100_000, 2**31])
@over_ip
def test_message_about_what_is_not_on_its_way_is_ignored(remote, ahead):
    server, segment = large_segment(remote)

    too_big(remote, with_number(segment, ahead), TOLD)  # decisive

    came(remote)
    assert mtu_of(server, remote.family) == LINK
    remote.expect_none("any (1..)")
    too_big(remote, segment, TOLD)
    assert mtu_of(server, remote.family) == TOLD


@pytest.mark.claim("pathmtu.segments.larger-ignored")
@pytest.mark.parametrize("told", [LINK, LINK + 1, 9000])
@over_ip
def test_message_never_makes_the_path_larger(remote, told):
    server, segment = large_segment(remote)

    too_big(remote, segment, told)  # decisive

    came(remote)
    assert mtu_of(server, remote.family) == LINK
    remote.expect_none("any (1..)")
    too_big(remote, segment, TOLD)
    assert mtu_of(server, remote.family) == TOLD


@pytest.mark.claim("pathmtu.segments.least-by-setting")
@pytest.mark.parametrize("told", [0, 67, 69, 400, LEAST - 1])
@over_ip4
def test_path_becomes_no_smaller_than_the_setting(remote, sysctl, told):
    sysctl("net.ipv4.route.min_pmtu", LEAST)
    server, segment = large_segment(remote)

    too_big(remote, segment, told)  # decisive

    assert mtu_of(server, remote.family) == LEAST


@pytest.mark.claim("pathmtu.segments.below-minimum-discarded")
@pytest.mark.parametrize("told", [0, 68, 1279])
@over(ip6)
def test_message_below_the_minimum_of_ipv6_is_discarded(remote, told):
    server, segment = large_segment(remote)

    too_big(remote, segment, told)  # decisive

    came(remote)
    assert mtu_of(server, remote.family) == LINK
    remote.expect_none("any (1..)")
    too_big(remote, segment, TOLD)
    assert mtu_of(server, remote.family) == TOLD


@pytest.mark.claim("pathmtu.segments.fragments-permitted")
@over_ip4
def test_header_permits_fragments_where_discovery_is_off(remote):
    server = remote.reach()
    server.setsockopt(*DISCOVERY[remote.family], DONT)  # decisive

    server.send(b"data")

    assert not network_of(remote.expect("PSH ACK (4)")).flags.DF
