"""What scenarios of several areas take for granted of the namespace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.stage.namespaces import Namespace
from fixtures.stage.sysctls import fitting, read_sysctl

STDURG = "net.ipv4.tcp_stdurg"
MEMBERSHIPS, ENOUGH = "net.ipv4.igmp_max_memberships", 20
"""Groups of one socket; the default (ip(7))."""
SOURCES, SEVERAL = "net.ipv4.igmp_max_msf", 10
"""Sources in the list of one group; the default (ip-sysctl.rst)."""
COOKIES, ALWAYS = "net.ipv4.tcp_syncookies", "2"
ORPHAN_RETRIES, USUAL, EIGHT = "net.ipv4.tcp_orphan_retries", 0, 8
"""0 stands for eight (ip-sysctl.rst)."""
BUCKETS, KEPT = "net.ipv4.tcp_max_tw_buckets", 64
QUEUES, LONG = "net.core.somaxconn", 128
"""Connections that may wait for accept(): what the default was before Linux 5.4 (listen(2))."""
PROBING, FROM_THE_START = "net.ipv4.tcp_mtu_probing", "2"
HOP_BY_HOP, OPTIONS = "net.ipv6.max_hbh_opts_number", 8
"""Options in a hop-by-hop header that is not dropped, fewer than none where unknown ones are not counted but refused
(ip-sysctl.rst); the default."""
FASTOPEN, FOR_CLIENTS = "net.ipv4.tcp_fastopen", 1
"""A bit of it; the default (ip-sysctl.rst). Without it a socket may not have TCP_FASTOPEN_CONNECT."""


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


@pytest.fixture
def source_lists(namespace: Namespace) -> Iterator[None]:
    """The list of a group may have several sources."""
    with fitting(namespace, SOURCES, SEVERAL, lambda value: int(value) >= SEVERAL):
        yield


@pytest.fixture
def remembered_requests(namespace: Namespace) -> Iterator[None]:
    """A listener remembers who asks for a connection, and answers nobody by a cookie alone."""
    with fitting(namespace, COOKIES, 1, lambda value: value != ALWAYS):
        yield


@pytest.fixture
def patient_orphans(namespace: Namespace) -> Iterator[None]:
    """A connection that nobody holds any more is not given up after a probe or two."""
    with fitting(namespace, ORPHAN_RETRIES, EIGHT, lambda value: int(value) == USUAL or int(value) >= EIGHT):
        yield


@pytest.fixture
def fastopen_for_clients(namespace: Namespace) -> Iterator[None]:
    """TCP Fast Open is switched on for those who connect."""
    with fitting(namespace, FASTOPEN, FOR_CLIENTS, lambda value: bool(int(value, 0) & FOR_CLIENTS)):
        yield


@pytest.fixture
def time_wait_kept(namespace: Namespace) -> Iterator[None]:
    """Connections stay in TIME_WAIT for their time: a kernel that ships keeps thousands."""
    with fitting(namespace, BUCKETS, KEPT, lambda value: int(value) >= KEPT):
        yield


@pytest.fixture
def long_queues(namespace: Namespace) -> Iterator[None]:
    """Several connections may wait to be accepted: no backlog is cut to one or two."""
    with fitting(namespace, QUEUES, LONG, lambda value: int(value) >= LONG):
        yield


@pytest.fixture
def whole_segments(namespace: Namespace) -> Iterator[None]:
    """A connection begins with segments of the size that the link and the peer permit, and not with smaller probes."""
    with fitting(namespace, PROBING, 0, lambda value: value != FROM_THE_START):
        yield


@pytest.fixture
def router_alerts(namespace: Namespace) -> Iterator[None]:
    """Packets with the option that asks routers to look at them are not dropped, as each question of MLD has it."""
    with fitting(namespace, HOP_BY_HOP, OPTIONS, lambda value: int(value) != 0):
        yield
