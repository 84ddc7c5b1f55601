"""What the scenarios of this folder send to and join: a group of each family, with the family's own options.

The numbers that Python's socket module does not name are those of linux/in.h and linux/in6.h.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from select import POLLIN
from socket import IPPROTO_IP, IPPROTO_IPV6, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET
from typing import Any

import pytest

from fixtures.evidence.expect import in_addr
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Address, Family, ip4, ip6
from fixtures.stage.peers import Peers

IP_UNBLOCK_SOURCE = 37
IP_BLOCK_SOURCE = 38
IP_ADD_SOURCE_MEMBERSHIP = 39
IP_DROP_SOURCE_MEMBERSHIP = 40
MCAST_JOIN_GROUP = 42
MCAST_LEAVE_GROUP = 45
MCAST_BLOCK_SOURCE = 43
MCAST_UNBLOCK_SOURCE = 44
MCAST_JOIN_SOURCE_GROUP = 46
MCAST_LEAVE_SOURCE_GROUP = 47
LARGEST = 64
"""Bytes, more than any scenario of this folder sends at once."""


@dataclass(frozen=True)
class Group:
    """A multicast group, another one beside it, and the options of their family under one name each."""

    family: Family
    protocol: str
    """The protocol of its membership reports, as the wire notation names it."""
    network: str
    """The addresses of both are numbers in this one, see `own_number`."""
    level: int
    add_membership: int
    drop_membership: int
    multicast_loop: int
    multicast_ttl: int
    unicast_ttl: int
    multicast_if: int
    multicast_all: int
    receive_ttl: int
    """The option with which a datagram's TTL or hop limit is told as a control message."""
    ttl_message: int
    """The type of that control message."""
    version_setting: str
    """The sysctl that forces a version of the reports, its interface left open."""
    newest_version: int

    def __str__(self) -> str:
        return self.family.name

    @property
    def host(self) -> str:
        """The address of the group."""
        return str(ipaddress.ip_address(self.network) + own_number())

    @property
    def other(self) -> str:
        """The address of the group beside it."""
        return str(ipaddress.ip_address(self.network) + own_number() + 1)

    def membership(self, index: int, *, host: str | None = None) -> bytes:
        """A struct ip_mreqn or ipv6_mreq: this group, or `host`, on the interface of that index."""
        address = in_addr(self.host if host is None else host)
        return address + (bytes(4) if self.family is ip4 else b"") + struct.pack("i", index)

    def device(self, index: int) -> bytes:
        """What IP_MULTICAST_IF (a struct ip_mreqn) or IPV6_MULTICAST_IF (an int) takes for an interface."""
        return (bytes(8) if self.family is ip4 else b"") + struct.pack("i", index)

    def source(self, index: int, source: str) -> bytes:
        """A struct group_source_req (RFC 3678 section 5.1): this group from `source` only, on that interface."""
        return struct.pack("=I4x", index) + self._storage(self.host) + self._storage(source)

    def request(self, index: int) -> bytes:
        """A struct group_req (RFC 3678 section 5.1): this group on that interface."""
        return struct.pack("=I4x", index) + self._storage(self.host)

    def _storage(self, host: str) -> bytes:
        """A struct sockaddr_storage, 128 bytes, with port 0."""
        flow = bytes(4) if self.family is ip6 else b""
        return (struct.pack("=HH", self.family.domain, 0) + flow + in_addr(host)).ljust(128, b"\0")

    def port_of(self, end: socket.socket) -> Address:
        """This group at the port to which `end` is bound."""
        return self.host, end.getsockname()[1]

    def other_port_of(self, end: socket.socket) -> Address:
        """The other group at the port to which `end` is bound."""
        return self.other, end.getsockname()[1]

    def sender(self, peers: Peers, index: int, host: str, *, lane: str = "sender") -> RecordedSocket:
        """A socket bound to the unicast address `host` that sends to groups through the interface."""
        end = peers.datagram(self.family, lane=lane, host=host)
        end.setsockopt(self.level, self.multicast_if, self.device(index))
        return end

    def listener(
        self, peers: Peers, *, lane: str = "listener", host: str | None = None, port: int = 0
    ) -> RecordedSocket:
        """A socket that shares its port (SO_REUSEADDR), bound to the wildcard address or to `host`; no member."""
        end = peers.socket(lane, self.family.domain, SOCK_DGRAM)
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        end.bind(self.family.address(port, self.family.wildcard if host is None else host))
        return end

    def member(self, peers: Peers, index: int, *, lane: str = "member", port: int = 0) -> RecordedSocket:
        """A listener that has joined the group on the interface."""
        end = self.listener(peers, lane=lane, port=port)
        end.setsockopt(self.level, self.add_membership, self.membership(index))
        return end


def own_number() -> int:
    """An even number of the process that asks, below 2**24 as process ids are below 2**22.

    On a shared loopback the members of another scenario, in another worker or in the next child of this one, would make
    the host a member, too.
    """
    return 0x800000 | 2 * os.getpid() & 0x7FFFFE


group4 = Group(
    ip4, "IGMP", "239.0.0.0", IPPROTO_IP,
    add_membership=socket.IP_ADD_MEMBERSHIP, drop_membership=socket.IP_DROP_MEMBERSHIP,
    multicast_loop=socket.IP_MULTICAST_LOOP, multicast_ttl=socket.IP_MULTICAST_TTL,
    unicast_ttl=socket.IP_TTL,
    multicast_if=socket.IP_MULTICAST_IF, multicast_all=49, receive_ttl=12, ttl_message=socket.IP_TTL,
    version_setting="net.ipv4.conf.{}.force_igmp_version", newest_version=3,
)  # fmt: skip
group6 = Group(
    ip6, "MLD", "ff15::", IPPROTO_IPV6,
    add_membership=socket.IPV6_JOIN_GROUP, drop_membership=socket.IPV6_LEAVE_GROUP,
    multicast_loop=socket.IPV6_MULTICAST_LOOP, multicast_ttl=socket.IPV6_MULTICAST_HOPS,
    unicast_ttl=socket.IPV6_UNICAST_HOPS,
    multicast_if=socket.IPV6_MULTICAST_IF, multicast_all=29,
    receive_ttl=socket.IPV6_RECVHOPLIMIT, ttl_message=socket.IPV6_HOPLIMIT,
    version_setting="net.ipv6.conf.{}.force_mld_version", newest_version=2,
)  # fmt: skip
"""239.0.0.0/8 is administratively scoped (RFC 2365), ff15::/16 transient and site-local (RFC 4291 section 2.7)."""


def over(*groups: Group, knowing: str | None = None) -> pytest.MarkDecorator:
    """Runs a scenario once for each of `groups`, as its parameter ``group``.

    `knowing` is an option that the kernel must have for it, by the name that a `Group` has for its number.
    """
    return pytest.mark.parametrize("group", [_row(group, knowing) for group in groups])


def _row(group: Group, option: str | None) -> Any:
    level = "IPPROTO_IP" if group.family is ip4 else "IPPROTO_IPV6"
    asked = (*group.family.needs, *([f"option:{level}.{getattr(group, option)}"] if option else []))
    return pytest.param(group, id=str(group), marks=[pytest.mark.needs(*asked)] if asked else [])


def over_groups_knowing(option: str) -> pytest.MarkDecorator:
    """As `over_groups`, where the kernel has the option."""
    return over(group4, group6, knowing=option)


over_groups = over(group4, group6)
over_group4 = over(group4)
over_group6 = over(group6)


@dataclass(frozen=True)
class Segment:
    """An interface of the scenario's namespace over which a group is reached, and an address of this host on it."""

    index: int
    host: str


def next_datagram(end: RecordedSocket) -> bytes:
    """The datagram that waits first at `end`. Raises Deviation when none comes."""
    ready(end, POLLIN)
    return end.recv(LARGEST)


def members(group: Group, host: str, interface: str) -> int:
    """How many memberships of the group `host` the kernel counts on the interface (/proc/net/igmp, igmp6)."""
    read = _users4 if group.family is ip4 else _users6
    return read(in_addr(host), interface)


def _users4(group: bytes, interface: str) -> int:
    wanted, device = f"{int.from_bytes(group, sys.byteorder):08X}", ""
    for line in _lines("igmp"):
        words = line.split()
        if not line.startswith("\t"):
            device = words[1]
        elif device == interface and words[0] == wanted:
            return int(words[1])
    return 0


def _users6(group: bytes, interface: str) -> int:
    found = (line.split() for line in _lines("igmp6"))
    return next((int(users) for _, device, host, users, *_ in found if (device, host) == (interface, group.hex())), 0)


def _lines(name: str) -> list[str]:
    return Path(f"/proc/thread-self/net/{name}").read_text(encoding="ascii").splitlines()
