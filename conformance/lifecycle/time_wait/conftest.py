"""TIME_WAIT is kept, whatever limit this machine was given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.namespaces import Namespace
from fixtures.stage.sysctls import sysctl, value_here

LIMIT = "net.ipv4.tcp_max_tw_buckets"
ENOUGH = 64


@pytest.fixture(autouse=True)
def time_wait_kept(namespace: Namespace) -> Iterator[None]:
    """Raises tcp_max_tw_buckets where it is too low for these scenarios; a kernel that ships keeps thousands."""
    limit = value_here(LIMIT)
    if limit is None or int(limit) >= ENOUGH:
        yield
    elif namespace.isolated:
        with sysctl(namespace, LIMIT, ENOUGH):
            yield
    else:
        raise Unavailable(
            f"sysctl {LIMIT} is {limit}, and there is no namespace to raise it in",
            verdict="not-permitted",
            remedy="run as root, or allow user namespaces",
        )
