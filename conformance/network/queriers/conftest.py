"""Links answer by the newest version, and for several groups, whatever the machine was told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.network.queriers.queries import VERSIONS
from fixtures.remote.host import Remote


@pytest.fixture(autouse=True)
def newest_version(
    memberships: None, router_alerts: None, remote: Remote, sysctl: Callable[[str, int | str], None]
) -> None:
    """No version is forced."""
    for scope in ("all", "tap0"):
        sysctl(VERSIONS[remote.family].format(scope), 0)
