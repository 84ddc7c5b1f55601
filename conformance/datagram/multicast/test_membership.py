"""Joining and leaving a group: who receives, what the calls refuse, and what the kernel counts."""

from __future__ import annotations

from errno import EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENODEV, ENOPROTOOPT, EOPNOTSUPP, EPROTO
from select import POLLIN
from socket import IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IPPROTO_IP, IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP, SOCK_STREAM

import pytest

from conformance.datagram.multicast.groups import (
    MCAST_JOIN_GROUP,
    MCAST_LEAVE_GROUP,
    members,
    next_datagram,
    over_group4,
    over_group6,
    over_groups,
)
from conformance.datagram.udp.datagrams import arrival, asks_for_arrival
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.rtnetlink import Routes

NO_INDEX = 0x7FFFFFF0
"""An interface index that no interface has: Linux numbers them from 1."""
REQUEST = 20
"""Bytes of a struct ipv6_mreq."""
UNKNOWN = {ENOPROTOOPT: "getsockopt(2), ERRORS: the option is unknown at the level"}


@pytest.mark.claim("multicast.membership.joined-receives")
@over_groups
def test_datagrams_of_another_host_are_received_between_join_and_leave(peers, group, link):
    member = group.listener(peers, lane="member")
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))

    sender.sendto(b"before", group.port_of(member))
    sender.sendto(b"unicast", (link.near_host(group.family), member.getsockname()[1]))
    first = next_datagram(member)
    member.setsockopt(group.level, group.add_membership, group.membership(link.near_index))  # decisive
    sender.sendto(b"between", group.port_of(member))
    second = next_datagram(member)
    member.setsockopt(group.level, group.drop_membership, group.membership(link.near_index))  # decisive
    sender.sendto(b"after", group.port_of(member))
    sender.sendto(b"unicast again", (link.near_host(group.family), member.getsockname()[1]))

    assert (first, second, next_datagram(member)) == (b"unicast", b"between", b"unicast again")


@pytest.mark.claim("multicast.membership.closing-leaves")
@over_groups
def test_closing_the_only_member_ends_reception_on_the_host(peers, group, segment):
    bystander = group.listener(peers, lane="bystander")
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"while a member is there", group.port_of(bystander))
    member.close()  # decisive
    sender.sendto(b"when it is gone", group.port_of(bystander))
    sender.sendto(b"unicast", (segment.host, bystander.getsockname()[1]))

    assert [next_datagram(bystander), next_datagram(bystander)] == [b"while a member is there", b"unicast"]


@pytest.mark.claim("multicast.membership.counted-by-socket")
@over_groups
def test_leaving_on_one_socket_keeps_the_membership_of_another(peers, group, segment):
    first = group.member(peers, segment.index, lane="first")
    second = group.member(peers, segment.index, lane="second")
    sender = group.sender(peers, segment.index, segment.host)

    first.setsockopt(group.level, group.drop_membership, group.membership(segment.index))  # decisive
    sender.sendto(b"still", group.port_of(second))

    assert next_datagram(second) == b"still"
    with fails(EADDRNOTAVAIL):
        first.setsockopt(group.level, group.drop_membership, group.membership(segment.index))


@pytest.mark.claim("multicast.membership.counted-by-socket")
@over_groups
def test_kernel_counts_one_membership_for_each_socket(peers, group, loopback):
    first = group.member(peers, loopback.index, lane="first")
    second = group.listener(peers, lane="second")
    one = members(group, group.host, "lo")

    second.setsockopt(group.level, group.add_membership, group.membership(loopback.index))  # decisive
    two = members(group, group.host, "lo")
    first.setsockopt(group.level, group.drop_membership, group.membership(loopback.index))  # decisive
    again_one = members(group, group.host, "lo")
    second.close()  # decisive

    assert (one, two, again_one, members(group, group.host, "lo")) == (1, 2, 1, 0)


@pytest.mark.claim("multicast.membership.leaving-one-keeps-others")
@over_groups
def test_leaving_one_group_keeps_the_others_of_the_socket(peers, group, segment):
    member = group.member(peers, segment.index)
    member.setsockopt(group.level, group.add_membership, group.membership(segment.index, host=group.other))
    sender = group.sender(peers, segment.index, segment.host)

    member.setsockopt(group.level, group.drop_membership, group.membership(segment.index))  # decisive
    sender.sendto(b"left", group.port_of(member))
    sender.sendto(b"kept", group.other_port_of(member))

    assert next_datagram(member) == b"kept"


@pytest.mark.claim("multicast.membership.double-join-refused")
@over_groups
def test_joining_twice_on_one_socket_is_refused(peers, group, loopback):
    member = group.member(peers, loopback.index)

    with fails(EADDRINUSE):
        member.setsockopt(group.level, group.add_membership, group.membership(loopback.index))  # decisive

    member.setsockopt(group.level, group.drop_membership, group.membership(loopback.index))
    member.setsockopt(group.level, group.add_membership, group.membership(loopback.index))


@pytest.mark.claim("multicast.membership.leave-needs-membership")
@over_groups
def test_leaving_a_group_that_the_socket_has_not_joined_is_refused(peers, group, loopback):
    group.member(peers, loopback.index)
    stranger = group.listener(peers, lane="stranger")

    with fails(EADDRNOTAVAIL):
        stranger.setsockopt(group.level, group.drop_membership, group.membership(loopback.index))  # decisive


@pytest.mark.claim("multicast.membership.leave-needs-membership")
@over_groups
def test_leaving_twice_is_refused(peers, group, loopback):
    member = group.member(peers, loopback.index)
    member.setsockopt(group.level, group.drop_membership, group.membership(loopback.index))

    with fails(EADDRNOTAVAIL):
        member.setsockopt(group.level, group.drop_membership, group.membership(loopback.index))  # decisive


@pytest.mark.claim("multicast.membership.multicast-address-only")
@over_groups
def test_unicast_address_cannot_be_joined(peers, group, loopback):
    end = group.listener(peers)
    unicast = group.membership(loopback.index, host=group.family.loopback)

    with fails(EINVAL):
        end.setsockopt(group.level, group.add_membership, unicast)  # decisive


@pytest.mark.claim("multicast.membership.unknown-interface-refused")
@over_groups
def test_joining_on_an_interface_that_is_not_there_is_refused(peers, group):
    end = group.listener(peers)

    with fails(ENODEV):
        end.setsockopt(group.level, group.add_membership, group.membership(NO_INDEX))  # decisive


@pytest.mark.claim("multicast.membership.default-interface-by-route")
@pytest.mark.needs("namespace")
@over_groups
def test_without_a_route_no_interface_can_be_chosen_for_a_join(peers, group, loopback):
    end = group.listener(peers)

    with fails(ENODEV):
        end.setsockopt(group.level, group.add_membership, group.membership(0))  # decisive

    end.setsockopt(group.level, group.add_membership, group.membership(loopback.index))


@pytest.mark.claim("multicast.membership.default-interface-by-route")
@over_groups
def test_join_that_names_no_interface_is_on_that_of_the_route(peers, group, link):
    with Routes() as routes:
        routes.lead(link.near_index, group.host)
    end = group.listener(peers)

    end.setsockopt(group.level, group.add_membership, group.membership(0))  # decisive

    assert members(group, group.host, link.near_interface) == 1


@pytest.mark.claim("multicast.membership.ip4-limit")
@pytest.mark.needs("sysctl:net.ipv4.igmp_max_memberships")
@over_group4
def test_socket_joins_as_many_groups_as_the_limit_allows(peers, group, loopback, sysctl):
    sysctl("net.ipv4.igmp_max_memberships", 1)
    member = group.member(peers, loopback.index)
    other = group.membership(loopback.index, host=group.other)

    with fails(ENOBUFS):
        member.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, other)  # decisive

    group.listener(peers, lane="another").setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, other)
    member.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, group.membership(loopback.index))
    member.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, other)


@pytest.mark.claim("multicast.membership.not-of-streams")
@over_groups
def test_stream_socket_joins_no_group(peers, group, segment):
    end = peers.socket("end", group.family.domain, SOCK_STREAM)

    with fails(EPROTO):
        end.setsockopt(group.level, group.add_membership, group.membership(segment.index))  # decisive


@pytest.mark.claim("multicast.membership.one-call-for-both-families")
@over_groups
def test_group_is_joined_and_left_by_the_call_for_any_family(peers, group, loopback):
    member, request = group.listener(peers), group.request(loopback.index)

    member.setsockopt(group.level, MCAST_JOIN_GROUP, request)  # decisive
    joined = members(group, group.host, "lo")
    with fails(EADDRINUSE):
        member.setsockopt(group.level, group.add_membership, group.membership(loopback.index))
    member.setsockopt(group.level, MCAST_LEAVE_GROUP, request)  # decisive

    assert (joined, members(group, group.host, "lo")) == (1, 0)


@pytest.mark.claim("udp.pktinfo.tells-the-group")
@over_groups
def test_address_of_arrival_is_the_group(peers, group, segment):
    member = group.member(peers, segment.index)
    asks_for_arrival(member, group.family)
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"x", group.port_of(member))  # decisive

    ready(member, POLLIN)
    assert [host for host, _ in arrival(group.family, member.recvmsg(9, 200)[1])] == [group.host]


@pytest.mark.claim("multicast.membership.left-without-an-interface")
@over_group6
def test_group_is_left_by_its_address_alone(peers, group, loopback):
    member = group.member(peers, loopback.index)

    member.setsockopt(group.level, group.drop_membership, group.membership(0))  # decisive

    with fails(EADDRNOTAVAIL):
        member.setsockopt(group.level, group.drop_membership, group.membership(loopback.index))


@pytest.mark.claim("multicast.membership.not-to-be-read")
@pytest.mark.parametrize("option", [IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP], ids=["join", "leave"])
@over_group6
def test_memberships_cannot_be_read(peers, group, loopback, option):
    member = group.member(peers, loopback.index)

    with fails(EOPNOTSUPP, accepted=UNKNOWN):
        member.getsockopt(group.level, option, REQUEST)  # decisive
