"""What scenarios of several areas take for granted of the namespace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.namespaces import Namespace
from fixtures.stage.sysctls import read_sysctl, sysctl

STDURG = "net.ipv4.tcp_stdurg"


@pytest.fixture
def bsd_urgent(namespace: Namespace) -> Iterator[None]:
    """The urgent pointer points behind the urgent data (tcp(7), tcp_stdurg): the default, or set here.

    Raises Unavailable where it is otherwise and not ours to set.
    """
    if read_sysctl(STDURG) == "0":
        yield
    elif not namespace.isolated:
        raise Unavailable(f"{STDURG} is not 0", verdict="not-permitted", remedy=f"sysctl {STDURG}=0, or run as root")
    else:
        with sysctl(namespace, STDURG, 0):
            yield
