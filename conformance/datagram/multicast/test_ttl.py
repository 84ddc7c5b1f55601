"""IP_MULTICAST_TTL and IPV6_MULTICAST_HOPS: how far datagrams to a group go."""

from __future__ import annotations

import struct
from errno import EINVAL
from select import POLLIN
from socket import IP_MULTICAST_TTL, IPPROTO_IP, IPPROTO_IPV6, IPV6_MULTICAST_HOPS

import pytest

from conformance.datagram.multicast.groups import group6, next_datagram, over_group4, over_groups, over_groups_knowing
from conformance.datagram.multicast.groups import over as over_these
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over, over_ip4


def told(group, end):
    """The TTL or hop limit of the datagram that waits first at `end`, from its only control message."""
    ready(end, POLLIN)
    _, [(level, kind, data)], _, _ = end.recvmsg(64, 64)
    assert (level, kind, len(data)) == (group.level, group.ttl_message, 4)
    return struct.unpack("i", data)[0]


@pytest.mark.claim("multicast.ttl.one-by-default")
@over_groups_knowing("multicast_ttl")
def test_datagrams_to_a_group_have_one_hop_by_default(peers, group, segment):
    member = group.member(peers, segment.index)
    member.setsockopt(group.level, group.receive_ttl, 1)
    sender = group.sender(peers, segment.index, segment.host)
    assert sender.getsockopt(group.level, group.multicast_ttl) == 1

    sender.sendto(b"hello", group.port_of(member))  # decisive

    assert told(group, member) == 1


@pytest.mark.claim("multicast.ttl.one-by-default")
@over_groups
def test_wire_carries_one_hop_by_default(peers, group, segment, wire):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"hello", group.port_of(member))  # decisive

    wire.expect("sender > member UDP (5) ttl 1")


@pytest.mark.claim("multicast.ttl.as-set")
@over_groups_knowing("multicast_ttl")
def test_datagrams_to_a_group_have_the_hops_that_were_set(peers, group, segment):
    member = group.member(peers, segment.index)
    member.setsockopt(group.level, group.receive_ttl, 1)
    sender = group.sender(peers, segment.index, segment.host)
    other = group.sender(peers, segment.index, segment.host, lane="other")

    sender.setsockopt(group.level, group.multicast_ttl, 8)  # decisive
    sender.sendto(b"hello", group.port_of(member))
    other.sendto(b"hello", group.port_of(member))

    assert sender.getsockopt(group.level, group.multicast_ttl) == 8
    assert [told(group, member), told(group, member)] == [8, 1]


@pytest.mark.claim("multicast.ttl.as-set")
@over_groups_knowing("multicast_ttl")
def test_wire_carries_the_hops_that_were_set(peers, group, segment, wire):
    member = group.listener(peers, lane="member")
    sender = group.sender(peers, segment.index, segment.host)

    sender.setsockopt(group.level, group.multicast_ttl, 8)  # decisive
    sender.sendto(b"eight", group.port_of(member))
    sender.setsockopt(group.level, group.multicast_ttl, 255)  # decisive
    sender.sendto(b"most", group.port_of(member))

    wire.expect("sender > member UDP (5) ttl 8")
    wire.expect("sender > member UDP (4) ttl 255")


@pytest.mark.claim("multicast.ttl.apart-from-unicast")
@over_groups_knowing("multicast_ttl")
def test_hops_to_a_group_and_to_one_host_are_set_apart(peers, group, segment):
    member = group.member(peers, segment.index)
    member.setsockopt(group.level, group.receive_ttl, 1)
    sender = group.sender(peers, segment.index, segment.host)

    sender.setsockopt(group.level, group.unicast_ttl, 77)  # decisive
    sender.sendto(b"group", group.port_of(member))
    sender.setsockopt(group.level, group.multicast_ttl, 8)
    sender.sendto(b"unicast", (segment.host, member.getsockname()[1]))

    assert [told(group, member), told(group, member)] == [1, 77]
    assert sender.getsockopt(group.level, group.unicast_ttl) == 77


@pytest.mark.claim("multicast.ttl.minus-one-resets")
@over_groups_knowing("multicast_ttl")
def test_minus_one_puts_the_default_back(peers, group):
    end = group.listener(peers)
    end.setsockopt(group.level, group.multicast_ttl, 8)

    end.setsockopt(group.level, group.multicast_ttl, -1)  # decisive

    assert end.getsockopt(group.level, group.multicast_ttl) == 1


@pytest.mark.claim("multicast.ttl.minus-one-resets")
@over_groups_knowing("multicast_ttl")
def test_datagrams_have_one_hop_again_after_minus_one(peers, group, segment):
    member = group.member(peers, segment.index)
    member.setsockopt(group.level, group.receive_ttl, 1)
    sender = group.sender(peers, segment.index, segment.host)
    sender.setsockopt(group.level, group.multicast_ttl, 8)

    sender.setsockopt(group.level, group.multicast_ttl, -1)  # decisive
    sender.sendto(b"hello", group.port_of(member))

    assert told(group, member) == 1


@pytest.mark.claim("multicast.ttl.range")
@over_groups_knowing("multicast_ttl")
def test_0_and_255_are_the_ends_of_the_range(peers, group):
    end = group.listener(peers)

    end.setsockopt(group.level, group.multicast_ttl, 0)  # decisive
    least = end.getsockopt(group.level, group.multicast_ttl)
    end.setsockopt(group.level, group.multicast_ttl, 255)  # decisive

    assert (least, end.getsockopt(group.level, group.multicast_ttl)) == (0, 255)


@pytest.mark.claim("multicast.ttl.range")
@over_groups_knowing("multicast_ttl")
def test_values_beyond_the_range_are_refused_and_change_nothing(peers, group):
    end = group.listener(peers)
    end.setsockopt(group.level, group.multicast_ttl, 8)

    with fails(EINVAL):
        end.setsockopt(group.level, group.multicast_ttl, 256)  # decisive
    with fails(EINVAL):
        end.setsockopt(group.level, group.multicast_ttl, -2)  # decisive

    assert end.getsockopt(group.level, group.multicast_ttl) == 8


@pytest.mark.claim("multicast.ttl.ip4-byte-argument")
@over_ip4
def test_ip_multicast_ttl_takes_an_unsigned_char(peers, family):
    end = peers.datagram(family, lane="sender")

    end.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, b"\x08")  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL) == 8
    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL, 1) == b"\x08"


@pytest.mark.claim("multicast.ttl.ip6-needs-an-int")
@pytest.mark.needs("option:IPPROTO_IPV6.IPV6_MULTICAST_HOPS")
@over(ip6)
def test_ipv6_multicast_hops_refuses_an_unsigned_char(peers, family):
    end = peers.datagram(family, lane="sender")

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, b"\x08")  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS) == 1


@pytest.mark.claim("multicast.ttl.ip4-zero-stays-on-host")
@over_group4
def test_ttl_zero_reaches_members_on_the_host_and_no_wire(peers, group, segment, wire):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, 0)  # decisive
    sender.sendto(b"here", group.port_of(member))  # decisive

    assert next_datagram(member) == b"here"
    wire.never("sender > member UDP")


@pytest.mark.claim("multicast.ttl.ip6-zero-stays-on-host")
@over_these(group6, knowing="multicast_ttl")
def test_hop_limit_zero_reaches_members_on_the_host_and_no_wire(peers, group, segment, wire):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 0)  # decisive
    sender.sendto(b"here", group.port_of(member))  # decisive

    assert next_datagram(member) == b"here"
    wire.never("sender > member UDP")
