"""Segments that try whether the path carries larger ones (RFC 4821; ip-sysctl, tcp_mtu_probing 2)."""

from socket import SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.network.path_mtu.paths import HEADERS, LINK
from conformance.stream.sending.buffers import lift_limit_of_unsent
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip

BASE = 600
"""tcp_base_mss here: far below what the link allows."""
MUCH = 200 * BASE
STEPS = 30
"""Flights after which a kernel that probes at all has done so."""
LARGER = f"any ({BASE + 1}..)"
WIDE = LINK
"""Bytes of tcp_probe_threshold that no range of sizes on this link reaches."""
FEW = 500
"""Bytes of tcp_probe_threshold that the sizes reach at the beginning, and not once one was too large."""
NARROW = 100
"""Bytes within which the search has come to its end, or nearly: the setting is 8 by itself."""
OTHER = 65_534
"""A window by which the acknowledgements of one scenario are known."""


@pytest.fixture(autouse=True)
def always_probing(remote, sysctl, usual_reordering):
    """Paths are probed from the beginning, and windows grow as RFC 5681 says."""
    assert remote
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_timestamps", 0)  # their option takes room that the size counts
    sysctl("net.ipv4.tcp_base_mss", BASE)
    sysctl("net.ipv4.tcp_mtu_probing", 2)


def flowing(remote):
    """A socket of the kernel's that has connected and has much to send; its peer takes whatever the link carries."""
    server = remote.reach(role="active", options=f"<mss {LINK - HEADERS[remote.family]}>")
    server.setsockopt(SOL_SOCKET, SO_SNDBUF, 4 * MUCH)
    lift_limit_of_unsent(server)
    server.send(bytes(MUCH))
    remote.settle()
    return server


def acknowledged(remote, while_none=None):
    """Acknowledges flight after flight, until a segment like `while_none` has come if there is one to wait for."""
    for _ in range(STEPS):
        if while_none and remote.seen(while_none):
            return
        remote.send("ACK")
        remote.settle()


def probe(remote):
    """The first segment that is larger than the others, which is among the last that have come."""
    acknowledged(remote, while_none=LARGER)
    return remote.expect(LARGER)


def lose(remote, sequence):
    """Lets the kernel know that the segment with that number alone is lost."""
    for _ in range(4):
        remote.send(f"ACK ack {sequence} win {OTHER}")


def sizes(remote):
    """Of all segments so far."""
    return [packet.length for packet in remote.seen("any (1..)")]


@pytest.mark.claim("pathmtu.probing.begins-small")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_first_segments_are_no_larger_than_the_setting_says(remote):
    flowing(remote)  # decisive

    assert set(sizes(remote)) == {BASE}


@pytest.mark.claim("pathmtu.probing.one-larger-tried")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_one_segment_of_a_flight_is_larger(remote):
    flowing(remote)

    acknowledged(remote, while_none=LARGER)  # decisive

    larger = remote.expect(LARGER)
    assert [packet.sequence for packet in remote.seen(LARGER)] == [larger.sequence]


@pytest.mark.claim("pathmtu.probing.larger-once-acknowledged")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_segments_are_larger_once_one_has_been_acknowledged(remote):
    flowing(remote)
    larger = probe(remote)

    remote.settle()
    remote.send("ACK")  # decisive

    assert sizes(remote)[-1] >= larger.length


@pytest.mark.claim("pathmtu.probing.loss-is-no-congestion")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_loss_of_the_larger_one_is_taken_for_its_size(remote):
    server = flowing(remote)
    lost = probe(remote).sequence
    before = tcp_info(server).snd_ssthresh

    lose(remote, lost)  # decisive

    assert [packet.length for packet in remote.seen(f"any {lost}:*(1..)")][1:2] == [BASE]
    assert tcp_info(server).snd_ssthresh == before


@pytest.mark.claim("pathmtu.probing.not-for-little-by-setting")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_range_below_the_threshold_is_not_searched(remote, sysctl):
    sysctl("net.ipv4.tcp_probe_threshold", WIDE)  # decisive
    flowing(remote)

    acknowledged(remote)

    assert set(sizes(remote)) == {BASE}


@pytest.mark.claim("pathmtu.probing.anew-after-the-interval")
@pytest.mark.needs("buffers:100000", "sysctl:net.ipv4.tcp_probe_interval", "sysctl:net.ipv4.tcp_probe_threshold")
@over_ip
def test_search_that_has_ended_begins_anew(remote, sysctl):
    sysctl("net.ipv4.tcp_probe_threshold", FEW)
    sysctl("net.ipv4.tcp_probe_interval", 0)  # decisive
    flowing(remote)
    first = probe(remote)
    lose(remote, first.sequence)

    acknowledged(remote)

    assert [each.length for each in remote.seen(LARGER)][1:2] == [first.length]


@pytest.mark.claim("pathmtu.probing.never-beyond-the-peer")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_search_ends_with_what_link_and_peer_allow(remote):
    flowing(remote)

    acknowledged(remote)  # decisive

    largest = LINK - HEADERS[remote.family]
    assert largest - NARROW <= max(sizes(remote)) <= largest
