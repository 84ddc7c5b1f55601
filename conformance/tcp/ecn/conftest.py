"""Links on which congestion notification is asked for and granted."""

import pytest


@pytest.fixture(autouse=True)
def switched_on(remote, sysctl):
    """Asked for and granted, in the way of RFC 3168, with the congestion control of RFC 5681."""
    sysctl("net.ipv4.tcp_ecn", 1)
    sysctl("net.ipv4.tcp_congestion_control", "reno")
