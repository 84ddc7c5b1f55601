"""What scenarios of this folder take for granted of the namespace."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def cookies_where_needed(sysctl: Callable[[str, object], None]) -> None:
    """SYN cookies are sent when the queue is full, and not always: with 2 no data is taken from any SYN."""
    sysctl("net.ipv4.tcp_syncookies", 1)
