"""The interfaces over which a scenario of this folder reaches its group, and how many it may join."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from conformance.datagram.multicast.groups import Group, Segment
from fixtures.stage.links import Link


@pytest.fixture(autouse=True)
def several_groups(memberships: None) -> None:
    """A socket may join more than one, whatever the machine was told."""


@pytest.fixture
def segment(link: Link, group: Group) -> Segment:
    """The near end of a veth link: a multicast interface, on which the loop options count (see test_loopback)."""
    return Segment(link.near_index, link.near_host(group.family))


@pytest.fixture
def loopback() -> Segment:
    """The interface lo, over which IPv4 multicast needs no route once it is named."""
    return Segment(socket.if_nametoindex("lo"), "127.0.0.1")


@pytest.fixture
def newest_reports(link: Link, group: Group, sysctl: Callable[[str, int | str], None]) -> None:
    """The near end reports by IGMPv3 or MLDv2, whatever version the machine was told to force."""
    for scope in ("all", link.near_interface):
        sysctl(group.version_setting.format(scope), group.newest_version)
