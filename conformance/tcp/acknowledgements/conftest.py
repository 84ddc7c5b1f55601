"""Selective acknowledgements and time stamps are granted, and buffers have room, whatever the machine was told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.remote.host import Remote


@pytest.fixture(autouse=True)
def switched_on(remote: Remote, sysctl: Callable[[str, int | str], None]) -> None:
    """As a kernel has them where nobody has changed it; what a run sets is there before."""
    for name in ("tcp_sack", "tcp_timestamps"):
        sysctl(f"net.ipv4.{name}", 1)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
