"""Addresses of each family that a scenario needs by their role, and the settings that govern them."""

from __future__ import annotations

import struct
from collections.abc import Callable

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.families import Address, Family
from fixtures.stage.links import Link
from fixtures.stage.sysctls import read_sysctl

NOBODYS = {"ip4": "192.0.2.1", "ip6": "2001:db8::1"}
"""Addresses for documentation (RFC 5737, RFC 3849), which no host has."""
NONLOCAL = {"ip4": "net.ipv4.ip_nonlocal_bind", "ip6": "net.ipv6.ip_nonlocal_bind"}
RANGE = "net.ipv4.ip_local_port_range"
"""Of both families (ip(7))."""
OTHER_LOOPBACK = "127.0.0.9"
"""All of 127.0.0.0/8 is local where lo is up."""


IFA_F_NODAD = 2
"""linux/if_addr.h: an address that can be bound at once."""


def ephemeral() -> range:
    """The ports that the kernel chooses from."""
    first, last = map(int, read_sysctl(RANGE).split())
    return range(first, last + 1)


def of_loopback(link: Link, family: Family) -> str:
    """An address of the near end's lo, to which the far end has a route over the link."""
    from pyroute2 import IPRoute  # 0.15 s to import, only for who asks for a link

    host, size = ("10.99.0.1", 32) if family.name == "ip4" else ("fd99::1", 128)
    try:
        with IPRoute() as near:
            index = near.link_lookup(ifname="lo")[0]
            near.addr("add", index=index, address=host, prefixlen=size, flags=IFA_F_NODAD)
        with link.far.entered(), IPRoute() as far:
            far.route("add", dst=f"{host}/{size}", gateway=link.near_host(family))
    except struct.error as error:  # pyroute2 reads what the kernel tells of the links that there are
        raise Unavailable(f"netlink tells of links in words of its own: {error}", verdict="unsupported") from error
    return host


def binds(end: RecordedSocket, family: Family, to: Address) -> Address:
    """Binds a port of the kernel's choice."""
    end.bind(family.address())
    return end.getsockname()


def connects(end: RecordedSocket, family: Family, to: Address) -> Address:
    """Connects without a name of its own."""
    end.connect(to)
    return end.getsockname()


Naming = Callable[[RecordedSocket, Family, Address], Address]
