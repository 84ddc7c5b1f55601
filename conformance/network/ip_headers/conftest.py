"""The machine as it is where packets with options and extension headers are looked at."""

import pytest


@pytest.fixture
def as_delivered(remote, sysctl):
    """Messages are not limited, which the machine is as a whole, and a few options are taken."""
    assert remote
    sysctl("net.ipv6.icmp.ratemask", 0)
    for name in ("dst", "hbh"):
        sysctl(f"net.ipv6.max_{name}_opts_number", 8)
