"""TIME_WAIT is kept, whatever limit this machine was given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.stage.namespaces import Namespace
from fixtures.stage.sysctls import fitting

LIMIT = "net.ipv4.tcp_max_tw_buckets"
ENOUGH = 64


@pytest.fixture(autouse=True)
def time_wait_kept(namespace: Namespace) -> Iterator[None]:
    """Raises tcp_max_tw_buckets where it is too low for these scenarios; a kernel that ships keeps thousands."""
    with fitting(namespace, LIMIT, ENOUGH, lambda value: int(value) >= ENOUGH):
        yield
