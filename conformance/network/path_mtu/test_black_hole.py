"""A path that loses what is too big for it and tells nobody (RFC 4821, ip-sysctl tcp_mtu_probing)."""

import pytest

from conformance.network.path_mtu.paths import large_segment
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_ip

BASE = 1024
"""tcp_base_mss where nobody has changed it; set here."""


@pytest.mark.beside
@pytest.mark.claim("pathmtu.black-hole.smaller-after-silence")
@over_ip
def test_segments_become_smaller_when_nobody_answers_large_ones(remote, sysctl):
    sysctl("net.ipv4.tcp_mtu_probing", 1)
    sysctl("net.ipv4.tcp_base_mss", BASE)
    sysctl("net.ipv4.tcp_retries1", 1)
    remote.let_timers_run()

    _, whole = large_segment(remote)  # decisive

    smaller = remote.wire.expect(f"* > remote any 1:*(1..{BASE})", within=GENEROUS + 2)
    assert smaller.length < whole.length


@pytest.mark.beside
@pytest.mark.claim("pathmtu.black-hole.as-large-as-ever")
@over_ip
def test_segments_stay_as_they_are_where_nobody_asked_for_probes(remote, sysctl):
    sysctl("net.ipv4.tcp_mtu_probing", 1)
    sysctl("net.ipv4.tcp_mtu_probing", 0)  # decisive
    sysctl("net.ipv4.tcp_retries1", 1)
    remote.let_timers_run()

    _, whole = large_segment(remote)

    again = [remote.wire.expect("* > remote any 1:*(1..)", within=GENEROUS + 2) for _ in range(3)]
    assert [packet.length for packet in again] == [whole.length] * 3
