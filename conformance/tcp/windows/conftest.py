"""Window scaling is granted, whatever the machine was told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.remote.host import Remote


@pytest.fixture(autouse=True)
def switched_on(remote: Remote, sysctl: Callable[[str, int | str], None]) -> None:
    """As a kernel has it where nobody has changed it; what a run sets is there before."""
    sysctl("net.ipv4.tcp_window_scaling", 1)
