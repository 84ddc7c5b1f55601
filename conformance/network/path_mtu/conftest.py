"""Paths are discovered by what routers say, whatever the machine was told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.remote.host import Remote


@pytest.fixture(autouse=True)
def discovery_by_messages(remote: Remote, sysctl: Callable[[str, int | str], None]) -> None:
    """The MTU of a path is discovered (RFC 1191), and not by probing (RFC 4821); what a run sets is there before."""
    sysctl("net.ipv4.ip_no_pmtu_disc", 0)
    sysctl("net.ipv4.tcp_mtu_probing", 0)
