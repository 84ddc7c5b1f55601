"""What scenarios take for granted of the namespace: settings that need not be theirs, but have to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.addressing.addresses.places import NONLOCAL
from fixtures.stage.families import Family
from fixtures.stage.namespaces import Namespace
from fixtures.stage.sysctls import fitting, read_sysctl

STDURG = "net.ipv4.tcp_stdurg"


def fits(name: str, value: int | str, are: Callable[[str], bool], *, because: str) -> Any:
    """A fixture: the setting is one of those that `are` right, or `value` is set here."""

    def fixture(namespace: Namespace) -> Iterator[None]:
        with fitting(namespace, name, value, are):
            yield

    fixture.__doc__ = because
    return pytest.fixture(fixture)


def at_least(least: int) -> Callable[[str], bool]:
    """Whether a setting is as much as that."""
    return lambda value: int(value) >= least


def other_than(*values: str) -> Callable[[str], bool]:
    """Whether a setting is none of those."""
    return lambda value: value not in values


def only(wanted: str) -> Callable[[str], bool]:
    """Whether a setting is that, however its words are apart."""
    return lambda value: value.split() == wanted.split()


def wide(value: str) -> bool:
    """Whether a range of sizes begins and ends with enough for some ten kilobytes."""
    _, usual, most = map(int, value.split())
    return usual >= 1 << 14 and most >= 1 << 20


bsd_urgent = fits(
    STDURG, 0, only("0"), because="The urgent pointer points behind the urgent data (tcp(7)): the default, or set here."
)
memberships = fits("net.ipv4.igmp_max_memberships", 20, at_least(20), because="A socket may join several groups.")
source_lists = fits(
    "net.ipv4.igmp_max_msf", 10, at_least(10), because="The list of a group may have several sources."
)  # fmt: skip
remembered_requests = fits(
    "net.ipv4.tcp_syncookies", 1, other_than("2"),
    because="A listener remembers who asks for a connection, and answers nobody by a cookie alone.",
)  # fmt: skip
patient_orphans = fits(
    "net.ipv4.tcp_orphan_retries", 8, lambda value: int(value) in (0, *range(8, 256)),
    because="A connection that nobody holds is not given up after a probe or two; 0 stands for 8 (ip-sysctl.rst).",
)  # fmt: skip
patient_connects = fits("net.ipv4.tcp_syn_retries", 6, at_least(4), because="A SYN is sent again several times.")
time_wait_kept = fits(
    "net.ipv4.tcp_max_tw_buckets", 64, at_least(64),
    because="Connections stay in TIME_WAIT for their time: a kernel that ships keeps thousands.",
)  # fmt: skip
long_queues = fits(
    "net.core.somaxconn", 128, at_least(128),
    because="Several connections may wait for accept(): the setting was 128 by default before Linux 5.4 (listen(2)).",
)  # fmt: skip
whole_segments = fits(
    "net.ipv4.tcp_mtu_probing", 0, other_than("2"),
    because="A connection begins with segments of the size that link and peer permit, and not with smaller ones.",
)  # fmt: skip
fastopen_for_clients = fits(
    "net.ipv4.tcp_fastopen", 1, lambda value: bool(int(value, 0) & 1),
    because="Who connects may use Fast Open, without which no socket may have TCP_FASTOPEN_CONNECT.",
)  # fmt: skip
router_alerts = fits(
    "net.ipv6.max_hbh_opts_number", 8, other_than("0"),
    because="Packets with the option that asks routers to look at them are not dropped; all questions of MLD have it.",
)  # fmt: skip
no_reflection = fits(
    "net.ipv4.tcp_reflect_tos", 0, only("0"),
    because="An accepted socket has the class of its listener, and not that of the SYN (ip-sysctl.rst).",
)  # fmt: skip
unasked_ecn = fits(
    "net.ipv4.tcp_ecn", 2, lambda value: value in ("0", "2"),
    because="Who connects does not ask for ECN, whose bits IP_TOS would tell as well.",
)  # fmt: skip
closed_ping_range = fits(
    "net.ipv4.ping_group_range", "1 0", only("1 0"), because="No group may have a ping socket (icmp(7)): the default."
)
many_challenges = fits(
    "net.ipv4.tcp_challenge_ack_limit", 1000, at_least(1000),
    because="Challenges are not limited for all connections together.",
)  # fmt: skip
room_for_unsent = fits(
    "net.ipv4.tcp_notsent_lowat", 2**32 - 1, at_least(1 << 24),
    because="Only the send buffer bounds what is queued and not sent: the default (ip-sysctl.rst).",
)  # fmt: skip
usual_reordering = fits(
    "net.ipv4.tcp_reordering", 3, only("3"), because="Three acknowledgements of the same tell of a loss (RFC 5681)."
)
room_to_send = fits(
    "net.ipv4.tcp_wmem", "4096 16384 4194304", wide,
    because="A connection takes some kilobytes without being read: the default (tcp(7)).",
)  # fmt: skip
hosts_no_routers = fits(
    "net.ipv6.conf.all.forwarding", 0, only("0"), because="This is a host, and no router: the default (ip-sysctl.rst)."
)
doubling = fits(
    "net.ipv4.tcp_thin_linear_timeouts", 0, only("0"),
    because="Time-outs of a connection with few segments under way double as those of any other (tcp(7)).",
)  # fmt: skip
usual_windows = fits(
    "net.ipv4.tcp_rmem", "4096 131072 6291456", lambda value: 1 << 16 <= int(value.split()[1]) <= 1 << 20,
    because="A connection has a window of some ten kilobytes: the default (tcp(7)).",
)  # fmt: skip
robust_groups = fits(
    "net.ipv4.igmp_qrv", 2, at_least(2), because="Changes of groups are reported more than once (RFC 3376 8.1)."
)
mapped_addresses = fits(
    "net.ipv6.bindv6only", 0, only("0"), because="Sockets of IPv6 speak IPv4 too, by mapped addresses (ipv6(7))."
)
many_ports = fits(
    "net.ipv4.ip_local_port_range", "32768 60999", lambda value: -int(value.split()[0]) + int(value.split()[1]) > 2000,
    because="The kernel has enough ports to choose from, also beside connections in TIME_WAIT.",
)  # fmt: skip
own_labels = fits(
    "net.ipv6.flowlabel_reflect", 0, only("0"),
    because="Who answers has a flow label of its own, and not that of who asks: the default (ip-sysctl.rst).",
)  # fmt: skip
far_hosts = fits(
    "net.ipv4.ip_default_ttl", 64, lambda value: 64 <= int(value) < 255,
    because="Packets have as many hops to go as is usual.",
)  # fmt: skip


@pytest.fixture
def urgent_setting(bsd_urgent: None) -> str:
    """The setting itself. Raises Unavailable where the kernel has none, and hardly knows urgent data."""
    return read_sysctl(STDURG)


@pytest.fixture
def only_local(family: Family, namespace: Namespace) -> Iterator[None]:
    """Addresses that are not local cannot be bound: the default (ip(7), ip_nonlocal_bind)."""
    with fitting(namespace, NONLOCAL[family.name], 0, only("0")):
        yield
