"""Addresses that several hosts have: IPV6_JOIN_ANYCAST and IPV6_LEAVE_ANYCAST."""

import struct
from errno import EADDRNOTAVAIL, EINVAL, ENODEV, ENOENT, EPERM
from pathlib import Path
from select import POLLIN
from socket import AF_INET6, IPPROTO_IPV6, SOCK_DGRAM, inet_pton

import pytest

from conformance.configuration.values.settings import cases, unprivileged
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over

over_ip6 = over(ip6)
IPV6_JOIN_ANYCAST, IPV6_LEAVE_ANYCAST = 27, 28
"""linux/in6.h."""
needs_admin = pytest.mark.needs("CAP_NET_ADMIN", "namespace")


def anycast(link, family):
    """An address of the link's network that nobody has."""
    return link.near_host(family).rpartition(":")[0] + ":acac"


def request(host, index):
    """A struct ipv6_mreq."""
    return inet_pton(AF_INET6, host) + struct.pack("i", index)


def listed(host):
    """Whether the kernel has the address for one of several hosts."""
    return inet_pton(AF_INET6, host).hex() in Path("/proc/thread-self/net/anycast6").read_text("ascii")


@pytest.mark.claim("ip6.anycast.joined-receives")
@needs_admin
@over_ip6
def test_host_that_has_joined_receives(peers, family, link):
    host = anycast(link, family)
    receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_JOIN_ANYCAST, request(host, link.near_index))  # decisive

    peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"any", (host, receiver.getsockname()[1]))

    ready(receiver, POLLIN)
    assert receiver.recv(9) == b"any"
    assert listed(host)


@pytest.mark.claim("ip6.anycast.left")
@pytest.mark.parametrize("by", ["option", "close"])
@needs_admin
@over_ip6
def test_host_that_has_left_has_the_address_no_more(peers, family, link, by):
    host = anycast(link, family)
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(IPPROTO_IPV6, IPV6_JOIN_ANYCAST, request(host, link.near_index))
    asked = IPPROTO_IPV6, IPV6_LEAVE_ANYCAST, request(host, link.near_index)
    leave = {"option": lambda: end.setsockopt(*asked), "close": end.close}[by]

    leave()  # decisive

    assert not listed(host)


@pytest.mark.claim("ip6.anycast.counted-by-socket")
@needs_admin
@over_ip6
def test_address_stays_while_one_socket_has_joined(peers, family, link):
    host = anycast(link, family)
    first, second = (peers.socket(lane, family.domain, SOCK_DGRAM) for lane in ("first", "second"))
    for end in (first, second):
        end.setsockopt(IPPROTO_IPV6, IPV6_JOIN_ANYCAST, request(host, link.near_index))  # decisive

    first.close()

    assert listed(host)


@pytest.mark.claim("ip6.anycast.needs-privilege")
@over_ip6
def test_anycast_address_needs_privilege(peers, family, link):
    end, host = peers.socket("end", family.domain, SOCK_DGRAM), anycast(link, family)
    asked = IPPROTO_IPV6, IPV6_JOIN_ANYCAST, request(host, link.near_index)

    with fails(EPERM):
        unprivileged(lambda: end.setsockopt(*asked))  # decisive


@pytest.mark.claim("ip6.anycast.refused")
@pytest.mark.usefixtures("hosts_no_routers")
@needs_admin
@pytest.mark.parametrize(
    ("host", "index", "error"),
    cases(
        group=("ff02::77", 0, EINVAL), own=("", 0, EINVAL), elsewhere=("2001:db8::1", 0, EADDRNOTAVAIL),
        unknown_interface=("fd99::1", 9999, ENODEV),
    ),
)  # fmt: skip
@over_ip6
def test_what_cannot_be_an_anycast_address_is_refused(peers, family, link, host, index, error):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    asked = request(host or link.near_host(family), index or link.near_index)

    with fails(error):
        end.setsockopt(IPPROTO_IPV6, IPV6_JOIN_ANYCAST, asked)  # decisive


@pytest.mark.claim("ip6.anycast.leave-needs-a-join")
@needs_admin
@over_ip6
def test_address_that_was_not_joined_cannot_be_left(peers, family, link):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOENT):
        end.setsockopt(IPPROTO_IPV6, IPV6_LEAVE_ANYCAST, request(anycast(link, family), link.near_index))  # decisive
