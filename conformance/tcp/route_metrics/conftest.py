"""A route to the scripted host of which something is said, and nothing else that decides on the same."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection

import pytest

from fixtures.remote.host import Remote
from fixtures.stage.rtnetlink import Routes
from fixtures.stage.tap import NAME, NEVER

STILL = {"rto_min": NEVER}
"""As the route has it which this one goes before: no timer fires."""
Route = Callable[..., None]


@pytest.fixture
def route(remote: Remote) -> Route:
    """``route(advmss=600, lock=["mtu"])``: connections opened from now on go along it (ip-route(8))."""

    def said(*, lock: Collection[str] = (), **metrics: int | str) -> None:
        with Routes() as routes:
            index = socket.if_nametoindex(NAME)
            routes.describe(index, remote.host, STILL | metrics, ["rto_min", *lock])

    return said


@pytest.fixture(autouse=True)
def as_ever(remote: Remote, sysctl: Callable[[str, int | str], None]) -> None:
    """What a run sets is there before: windows of the usual size, and the congestion control of RFC 5681."""
    sysctl("net.ipv4.tcp_congestion_control", "reno")
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    sysctl("net.ipv4.tcp_window_scaling", 1)
    sysctl("net.ipv4.tcp_ecn", 0)
    sysctl("net.ipv4.tcp_no_metrics_save", 0)
