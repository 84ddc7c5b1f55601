"""IP_MULTICAST_IF and IPV6_MULTICAST_IF: through which interface datagrams to a group leave."""

from __future__ import annotations

import struct
from contextlib import suppress
from errno import EADDRNOTAVAIL, ENETUNREACH, ENODEV
from socket import IP_MULTICAST_IF, IPPROTO_IP, IPPROTO_IPV6, IPV6_MULTICAST_IF, SOCK_DGRAM, inet_aton

import pytest

from conformance.datagram.multicast.groups import group6, over_group4, over_groups_knowing
from conformance.datagram.multicast.groups import over as over_these
from fixtures.evidence.expect import fails
from fixtures.stage.families import ip6, over, over_ip4

NO_INDEX = 0x7FFFFFF0
"""An interface index that no interface has: Linux numbers them from 1."""
LO = inet_aton("127.0.0.1")
NOWHERE = inet_aton("192.0.2.1")
"""An address for documentation (RFC 5737), which no interface of a fresh namespace has."""
FORMS = {"in_addr": LO, "ip_mreq": bytes(4) + LO, "ip_mreqn": bytes(4) + LO + struct.pack("i", 0)}


@pytest.mark.claim("multicast.interface.chooses-device")
@over_group4
def test_each_sender_leaves_through_the_interface_that_it_set(peers, group, link, loopback, wire):
    member = group.listener(peers, lane="member")
    inside = group.sender(peers, loopback.index, loopback.host, lane="inside")
    sender = peers.datagram(group.family, lane="sender", host=group.family.wildcard)

    sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, group.device(link.near_index))  # decisive
    inside.sendto(b"inside", group.port_of(member))
    sender.sendto(b"hello", group.port_of(member))

    wire.expect("sender > member UDP (5)")
    wire.never("inside > member UDP")


@pytest.mark.claim("multicast.interface.chooses-device")
@over_these(group6, knowing="multicast_if")
def test_interface_that_was_set_is_used_although_a_route_leads_to_another(peers, group, link, loopback, wire):
    member = group.listener(peers, lane="member")
    sender = peers.datagram(group.family, lane="sender", host=group.family.wildcard)

    sender.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, loopback.index)  # decisive
    with suppress(OSError):  # whether a datagram can leave there is another matter
        sender.sendto(b"inside", group.port_of(member))
    sender.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, link.near_index)
    sender.sendto(b"hello", group.port_of(member))

    wire.expect("sender > member UDP (5)")
    wire.never("sender > member UDP (6)")


@pytest.mark.claim("multicast.interface.chooses-device")
@over_groups_knowing("multicast_if")
def test_member_on_the_chosen_link_receives(peers, group, link):
    with link.far.entered():
        member = group.member(peers, link.far_index)
    sender = peers.datagram(group.family, lane="sender", host=group.family.wildcard)
    sender.setsockopt(group.level, group.multicast_if, group.device(link.near_index))

    sender.sendto(b"hello", group.port_of(member))  # decisive

    data, (host, *_) = member.recvfrom(64)
    assert (data, host) == (b"hello", link.near_host(group.family))


@pytest.mark.claim("multicast.interface.no-route-needed-once-set")
@over_group4
def test_ip4_without_route_or_interface_is_unreachable(peers, group, segment):
    sender = peers.datagram(group.family, lane="sender", host=group.family.wildcard)

    with fails(ENETUNREACH):
        sender.sendto(b"hello", group.port_of(sender))  # decisive

    sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, group.device(segment.index))
    assert sender.sendto(b"hello", group.port_of(sender)) == 5


@pytest.mark.claim("multicast.interface.bound-source-chooses")
@over_group4
def test_bound_source_address_chooses_its_interface(peers, group, segment, wire):
    member = group.listener(peers, lane="member")

    sender = peers.socket("sender", group.family.domain, SOCK_DGRAM)
    sender.bind((segment.host, 0))  # decisive
    sender.sendto(b"hello", group.port_of(member))

    wire.expect("sender > member UDP (5)")


@pytest.mark.claim("multicast.interface.ip4-takes-three-forms")
@pytest.mark.parametrize("form", FORMS)
@over_ip4
def test_ip_multicast_if_takes_an_address_in_each_form(peers, family, form):
    end = peers.datagram(family, lane="sender")
    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_IF, 4) == bytes(4)

    end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, FORMS[form])  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_IF, 4) == LO


@pytest.mark.claim("multicast.interface.ip4-takes-three-forms")
@over_ip4
def test_ip_multicast_if_is_unset_by_the_wildcard_address(peers, family):
    end = peers.datagram(family, lane="sender")
    end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, LO)

    end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, bytes(4))  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_IF, 4) == bytes(4)


@pytest.mark.claim("multicast.interface.ip6-index-reads-back")
@pytest.mark.needs("option:IPPROTO_IPV6.IPV6_MULTICAST_IF")
@over(ip6)
def test_ipv6_multicast_if_reads_back_the_index(peers, family, loopback):
    end = peers.datagram(family, lane="sender")
    before = end.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF)

    end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, loopback.index)  # decisive
    while_set = end.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF)
    end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, 0)  # decisive

    assert (before, while_set) == (0, loopback.index)
    assert end.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF) == 0


@pytest.mark.claim("multicast.interface.ip4-unknown-refused")
@over_group4
def test_ip_multicast_if_refuses_an_interface_that_is_not_there(peers, group):
    end = group.listener(peers, lane="sender")
    end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, LO)

    with fails(EADDRNOTAVAIL):
        end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, group.device(NO_INDEX))  # decisive
    with fails(EADDRNOTAVAIL):
        end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, NOWHERE)  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_IF, 4) == LO


@pytest.mark.claim("multicast.interface.ip6-unknown-refused")
@pytest.mark.needs("option:IPPROTO_IPV6.IPV6_MULTICAST_IF")
@over(ip6)
def test_ipv6_multicast_if_refuses_an_index_that_is_not_there(peers, family, loopback):
    end = peers.datagram(family, lane="sender")
    end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, loopback.index)

    with fails(ENODEV):
        end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, NO_INDEX)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF) == loopback.index
