"""What scenarios of several areas take for granted of the namespace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.stage.namespaces import Namespace
from fixtures.stage.sysctls import fitting, read_sysctl

STDURG = "net.ipv4.tcp_stdurg"
MEMBERSHIPS, ENOUGH = "net.ipv4.igmp_max_memberships", 20
"""Groups of one socket; the default (ip(7))."""


@pytest.fixture
def bsd_urgent(namespace: Namespace) -> Iterator[None]:
    """The urgent pointer points behind the urgent data (tcp(7), tcp_stdurg): the default, or set here."""
    with fitting(namespace, STDURG, 0, lambda value: value == "0"):
        yield


@pytest.fixture
def urgent_setting(bsd_urgent: None) -> str:
    """The setting itself. Raises Unavailable where the kernel has none, and hardly knows urgent data."""
    return read_sysctl(STDURG)


@pytest.fixture
def memberships(namespace: Namespace) -> Iterator[None]:
    """A socket may join several groups."""
    with fitting(namespace, MEMBERSHIPS, ENOUGH, lambda value: int(value) >= ENOUGH):
        yield
