"""Ping sockets and groups: requests to them, and names that no ping socket has."""

import sys
from errno import EADDRNOTAVAIL, EINVAL
from os import getegid
from select import POLLIN
from socket import (
    IP_MULTICAST_IF,
    IP_MULTICAST_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_MULTICAST_HOPS,
    IPV6_MULTICAST_IF,
)  # fmt: skip

import pytest

from conformance.network.ping.echoes import REPLY, REQUEST, message, parts, permit, ping_socket
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip
from fixtures.stage.sysctls import write_sysctl

GROUP = {"ip4": "224.0.0.1", "ip6": "ff02::1"}
"""All hosts of a link (RFC 1112, RFC 4291 2.7.1)."""
NOT_ONE_HOST = {"ip4": "239.1.2.3", "ip6": "ff15::1:2:3"}
INTERFACE = {"ip4": (IPPROTO_IP, IP_MULTICAST_IF), "ip6": (IPPROTO_IPV6, IPV6_MULTICAST_IF)}
HOPS = {"ip4": (IPPROTO_IP, IP_MULTICAST_TTL), "ip6": (IPPROTO_IPV6, IPV6_MULTICAST_HOPS)}
WORDS = {"ip4": "* > {} ICMP ttl {}", "ip6": "* > {} ICMPv6 ttl {}"}
TO_GROUPS_IGNORED = "net.ipv4.icmp_echo_ignore_broadcasts"
pytestmark = pytest.mark.needs("namespace")


@pytest.fixture
def pinging(peers, family, namespace, link):
    """A ping socket whose groups are those of the link."""
    permit(namespace, getegid())
    end = ping_socket(peers, family)
    index = link.near_index.to_bytes(4, sys.byteorder)
    end.setsockopt(*INTERFACE[family.name], bytes(8) + index if family.name == "ip4" else index)
    return end


@pytest.mark.claim("ping.group.one-hop-by-default")
@over_ip
def test_request_to_a_group_has_one_hop(pinging, family, wire):
    pinging.sendto(message(REQUEST[family.name]), (GROUP[family.name], 0))  # decisive

    wire.expect(WORDS[family.name].format(GROUP[family.name], 1))


@pytest.mark.claim("ping.group.hops-as-set")
@over_ip
def test_request_to_a_group_has_the_hops_that_were_set(pinging, family, wire):
    pinging.setsockopt(*HOPS[family.name], 7)  # decisive

    pinging.sendto(message(REQUEST[family.name]), (GROUP[family.name], 0))

    wire.expect(WORDS[family.name].format(GROUP[family.name], 7))


@pytest.mark.claim("ping.group.answered-by-its-hosts")
@over_ip
def test_request_to_a_group_is_answered_by_a_host_of_it(pinging, family, link):
    with link.far.entered():
        write_sysctl(link.far, TO_GROUPS_IGNORED, 0)

    pinging.sendto(message(REQUEST[family.name], data=b"all"), (GROUP[family.name], 0))  # decisive

    ready(pinging, POLLIN)
    answer, sender = pinging.recvfrom(100)
    assert (parts(answer)[0], parts(answer)[4]) == (REPLY[family.name], b"all")
    assert sender[0] != GROUP[family.name]


@pytest.mark.claim("ping.bind.no-group")
@over_ip
def test_group_is_no_name_of_a_ping_socket(peers, family, namespace):
    permit(namespace, getegid())
    end = ping_socket(peers, family)

    with fails(EADDRNOTAVAIL, accepted={EINVAL: "Linux net/ipv4/ping.c, ping_check_bind_addr()"}):
        end.bind((NOT_ONE_HOST[family.name], 0))  # decisive
