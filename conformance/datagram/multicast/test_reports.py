"""What a host tells its neighbours when it joins and leaves a group: IGMP for IPv4, MLD for IPv6.

Reports follow from a timer of a clock tick or two; those that repeat them a second later are not waited for.
"""

from __future__ import annotations

import pytest

from conformance.datagram.multicast.groups import over_groups


@pytest.mark.claim("multicast.membership.join-reported")
@over_groups
def test_join_is_reported_on_the_link(peers, group, link, wire):
    member = group.listener(peers, lane="member")

    member.setsockopt(group.level, group.add_membership, group.membership(link.near_index))  # decisive

    wire.expect(f"* > * {group.protocol} join {group.host} ttl 1")


@pytest.mark.claim("multicast.membership.leave-reported")
@over_groups
@pytest.mark.usefixtures("newest_reports")
def test_leaving_is_reported_on_the_link(peers, group, link, wire):
    member = group.member(peers, link.near_index)
    wire.expect(f"* > * {group.protocol} join {group.host} ttl 1")

    member.setsockopt(group.level, group.drop_membership, group.membership(link.near_index))  # decisive

    wire.expect(f"* > * {group.protocol} leave {group.host} ttl 1")


@pytest.mark.claim("multicast.membership.leave-reported")
@over_groups
@pytest.mark.usefixtures("newest_reports")
def test_closing_the_member_is_reported_as_leaving(peers, group, link, wire):
    member = group.member(peers, link.near_index)
    wire.expect(f"* > * {group.protocol} join {group.host} ttl 1")

    member.close()  # decisive

    wire.expect(f"* > * {group.protocol} leave {group.host} ttl 1")


@pytest.mark.claim("multicast.membership.leave-reported")
@over_groups
@pytest.mark.usefixtures("newest_reports")
def test_leaving_is_not_reported_while_another_socket_is_a_member(peers, group, link, wire):
    member = group.member(peers, link.near_index)
    other = group.member(peers, link.near_index, lane="other")
    another = group.membership(link.near_index, host=group.other)
    other.setsockopt(group.level, group.add_membership, another)
    wire.expect(f"* > * {group.protocol} join {group.other} ttl 1")

    member.close()
    other.setsockopt(group.level, group.drop_membership, another)  # decisive

    wire.expect(f"* > * {group.protocol} leave {group.other}")
    wire.never(f"* > * {group.protocol} leave {group.host}")
