"""Where the clock of time stamps begins (RFC 7323 section 7, RFC 1323 appendix A of its successor)."""

import pytest

from fixtures.stage.families import over_ip
from fixtures.stage.tap import FAR_HOSTS

HOSTS = range(4)
APART = 1_000_000
"""Ticks, which are milliseconds: longer than any of these runs."""


def stamp(packet):
    """The time stamp of a segment; 0 where it has none."""
    return dict(packet.layers["TCP"].options).get("Timestamp", (0, 0))[0]


@pytest.mark.claim("tcp.timestamps.offset-of-its-own")
@over_ip
def test_clock_begins_elsewhere_for_each_host(remote, family):
    remote.listener()
    hosts = [remote.another(f"host-{number}", host=f"{FAR_HOSTS[family.name]}{number}") for number in HOSTS]

    stamps = []
    for host in hosts:
        host.send("SYN <mss 1460,ts>")  # decisive
        stamps.append(stamp(host.expect("SYN ACK <ts>")))

    assert max(stamps) - min(stamps) > APART
