"""Source-specific membership: a group from the senders that were named, and from no others."""

from __future__ import annotations

from errno import EADDRNOTAVAIL
from socket import IPPROTO_IP, inet_aton

import pytest

from conformance.datagram.multicast.groups import (
    IP_ADD_SOURCE_MEMBERSHIP,
    IP_BLOCK_SOURCE,
    IP_DROP_SOURCE_MEMBERSHIP,
    IP_UNBLOCK_SOURCE,
    MCAST_BLOCK_SOURCE,
    MCAST_JOIN_SOURCE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP,
    MCAST_UNBLOCK_SOURCE,
    next_datagram,
    over_group4,
    over_groups,
)
from fixtures.evidence.expect import fails

HERE, THERE = "127.0.0.1", "127.0.0.2"


def mreq_source(group, source):
    """A struct ip_mreq_source (ip(7)): the group on lo, from `source` only."""
    return inet_aton(group.host) + inet_aton(HERE) + inet_aton(source)


@pytest.mark.claim("multicast.membership.ip4-source-filtered")
@over_group4
def test_only_the_named_source_is_received(peers, group, loopback):
    member = group.listener(peers, lane="member")
    wanted = group.sender(peers, loopback.index, THERE, lane="wanted")
    other = group.sender(peers, loopback.index, HERE, lane="other")

    member.setsockopt(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, mreq_source(group, THERE))  # decisive
    other.sendto(b"other", group.port_of(member))
    wanted.sendto(b"wanted", group.port_of(member))

    assert next_datagram(member) == b"wanted"


@pytest.mark.claim("multicast.membership.ip4-source-filtered")
@over_group4
def test_second_source_is_received_beside_the_first_until_it_is_dropped(peers, group, loopback):
    member = group.listener(peers, lane="member")
    first = group.sender(peers, loopback.index, THERE, lane="first")
    second = group.sender(peers, loopback.index, HERE, lane="second")
    member.setsockopt(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, mreq_source(group, THERE))

    member.setsockopt(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, mreq_source(group, HERE))  # decisive
    second.sendto(b"heard", group.port_of(member))
    heard = next_datagram(member)
    member.setsockopt(IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, mreq_source(group, HERE))  # decisive
    second.sendto(b"not heard", group.port_of(member))
    first.sendto(b"still heard", group.port_of(member))

    assert (heard, next_datagram(member)) == (b"heard", b"still heard")


@pytest.mark.claim("multicast.membership.ip4-source-drop-needs-it")
@over_group4
def test_dropping_a_source_that_was_not_added_is_refused(peers, group, loopback):
    member = group.listener(peers, lane="member")
    member.setsockopt(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, mreq_source(group, THERE))

    with fails(EADDRNOTAVAIL):
        member.setsockopt(IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, mreq_source(group, HERE))  # decisive


@pytest.mark.claim("multicast.membership.source-filtered")
@over_groups
def test_only_the_source_of_a_source_group_is_received(peers, group, link):
    member = group.listener(peers, lane="member")
    other = group.sender(peers, link.near_index, link.near_host(group.family), lane="other")
    with link.far.entered():
        wanted = group.sender(peers, link.far_index, link.far_host(group.family), lane="wanted")
    source = group.source(link.near_index, link.far_host(group.family))

    member.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, source)  # decisive
    other.sendto(b"other", group.port_of(member))
    wanted.sendto(b"wanted", group.port_of(member))
    first = next_datagram(member)
    member.setsockopt(group.level, MCAST_LEAVE_SOURCE_GROUP, source)  # decisive
    wanted.sendto(b"wanted no more", group.port_of(member))
    wanted.sendto(b"unicast", (link.near_host(group.family), member.getsockname()[1]))

    assert (first, next_datagram(member)) == (b"wanted", b"unicast")


@pytest.mark.claim("multicast.membership.source-filtered")
@over_groups
@pytest.mark.usefixtures("newest_reports")
def test_source_group_is_reported_with_its_source(peers, group, link, wire):
    member = group.listener(peers, lane="member")
    source = group.source(link.near_index, link.far_host(group.family))

    member.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, source)  # decisive

    wire.expect(f"* > * {group.protocol} allow {group.host} ttl 1")
    wire.never(f"* > * {group.protocol} join {group.host}")


@pytest.mark.claim("multicast.membership.ip4-source-blocked")
@over_group4
def test_blocked_source_is_not_received_until_it_is_unblocked(peers, group, loopback):
    member = group.member(peers, loopback.index)
    other = group.sender(peers, loopback.index, HERE, lane="other")
    blocked = group.sender(peers, loopback.index, THERE, lane="blocked")

    member.setsockopt(IPPROTO_IP, IP_BLOCK_SOURCE, mreq_source(group, THERE))  # decisive
    blocked.sendto(b"blocked", group.port_of(member))
    other.sendto(b"other", group.port_of(member))
    first = next_datagram(member)
    member.setsockopt(IPPROTO_IP, IP_UNBLOCK_SOURCE, mreq_source(group, THERE))  # decisive
    blocked.sendto(b"unblocked", group.port_of(member))

    assert (first, next_datagram(member)) == (b"other", b"unblocked")


@pytest.mark.claim("multicast.membership.source-blocked")
@over_groups
def test_blocked_source_of_a_group_is_not_received_until_it_is_unblocked(peers, group, link):
    member = group.member(peers, link.near_index)
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))
    source = group.source(link.near_index, link.far_host(group.family))

    member.setsockopt(group.level, MCAST_BLOCK_SOURCE, source)  # decisive
    sender.sendto(b"blocked", group.port_of(member))
    sender.sendto(b"unicast", (link.near_host(group.family), member.getsockname()[1]))
    first = next_datagram(member)
    member.setsockopt(group.level, MCAST_UNBLOCK_SOURCE, source)  # decisive
    sender.sendto(b"unblocked", group.port_of(member))

    assert (first, next_datagram(member)) == (b"unicast", b"unblocked")
