"""Whole lists of sources of a group: what they do, what is told of them, and which are refused."""

from errno import EADDRNOTAVAIL, EINVAL, ENOBUFS
from socket import IP_DROP_MEMBERSHIP, IPPROTO_IP

import pytest

from conformance.datagram.multicast.filters import (
    EXCLUDE,
    INCLUDE,
    IP_MSFILTER,
    MCAST_MSFILTER,
    group_filter,
    older_filter,
    told,
    told_by_older,
)
from conformance.datagram.multicast.groups import next_datagram, over_group4, over_groups
from fixtures.evidence.expect import fails

modes = pytest.mark.parametrize("mode", [INCLUDE, EXCLUDE], ids=["include", "exclude"])
FOREIGN = {"ip4": ["10.9.9.1", "10.9.9.2", "10.9.9.3"], "ip6": ["fd99::1", "fd99::2", "fd99::3"]}


@pytest.mark.claim("multicast.source-list.of-any-family")
@modes
@over_groups
def test_list_says_who_is_heard(peers, group, link, mode):
    member, port = group.member(peers, link.near_index), None
    near = group.sender(peers, link.near_index, link.near_host(group.family), lane="near")
    with link.far.entered():
        far = group.sender(peers, link.far_index, link.far_host(group.family), lane="far")
    listed = group_filter(group, link.near_index, mode, link.far_host(group.family))

    member.setsockopt(group.level, MCAST_MSFILTER, listed)  # decisive
    port = group.port_of(member)
    far.sendto(b"listed", port)
    near.sendto(b"not listed", port)
    far.sendto(b"unicast", (link.near_host(group.family), port[1]))

    heard = {next_datagram(member), next_datagram(member)}
    assert heard == {b"listed" if mode == INCLUDE else b"not listed", b"unicast"}


@pytest.mark.claim("multicast.source-list.told")
@modes
@over_groups
def test_list_is_told_as_it_was_set(peers, group, segment, mode, source_lists):
    member, hosts = group.member(peers, segment.index), FOREIGN[group.family.name]
    before = told(member, group, segment.index)

    member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, segment.index, mode, *hosts))  # decisive

    assert (before, told(member, group, segment.index)) == ((EXCLUDE, 0, []), (mode, 3, hosts))


@pytest.mark.claim("multicast.source-list.ip4-told")
@modes
@over_group4
def test_list_is_told_by_the_older_option(peers, group, loopback, mode):
    member, hosts = group.member(peers, loopback.index), FOREIGN["ip4"][:2]

    member.setsockopt(IPPROTO_IP, IP_MSFILTER, older_filter(group, mode, *hosts))  # decisive

    assert told_by_older(member, group) == (mode, 2, hosts)


@pytest.mark.claim("multicast.source-list.all-are-counted")
@pytest.mark.parametrize("room", [0, 2])
@over_groups
def test_all_sources_are_counted_where_there_is_room_for_fewer(peers, group, segment, room, source_lists):
    member, hosts = group.member(peers, segment.index), FOREIGN[group.family.name]

    member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, segment.index, INCLUDE, *hosts))  # decisive

    mode, count, listed = told(member, group, segment.index, room=room)
    assert (mode, count, len(listed)) == (INCLUDE, 3, room)
    assert set(listed) <= set(hosts)


@pytest.mark.claim("multicast.source-list.replaces-the-one-before")
@over_groups
def test_list_replaces_the_one_before(peers, group, segment):
    member, hosts = group.member(peers, segment.index), FOREIGN[group.family.name]
    member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, segment.index, INCLUDE, *hosts[:2]))

    member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, segment.index, EXCLUDE, hosts[2]))  # decisive

    assert told(member, group, segment.index) == (EXCLUDE, 1, hosts[2:])


@pytest.mark.claim("multicast.source-list.nobody-leaves")
@over_groups
def test_list_that_includes_nobody_leaves_the_group(peers, group, segment):
    member = group.member(peers, segment.index)

    member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, segment.index, INCLUDE))  # decisive

    with fails(EADDRNOTAVAIL):
        told(member, group, segment.index)


@pytest.mark.claim("multicast.source-list.needs-membership")
@over_groups
def test_list_of_a_group_that_was_not_joined_is_refused(peers, group, segment, source_lists):
    end = group.listener(peers, lane="end")
    listed = group_filter(group, segment.index, INCLUDE, *FOREIGN[group.family.name])

    with fails(EINVAL):
        end.setsockopt(group.level, MCAST_MSFILTER, listed)  # decisive

    with fails(EADDRNOTAVAIL):
        told(end, group, segment.index)


@pytest.mark.claim("multicast.source-list.malformed-refused")
@pytest.mark.parametrize(("mode", "count"), [(7, 1), (INCLUDE, 2)], ids=["unknown-mode", "fewer-than-it-says"])
@over_groups
def test_list_that_is_none_is_refused(peers, group, segment, mode, count):
    member, hosts = group.member(peers, segment.index), FOREIGN[group.family.name]
    listed = group_filter(group, segment.index, mode, hosts[0], count=count)

    with fails(EINVAL):
        member.setsockopt(group.level, MCAST_MSFILTER, listed)  # decisive

    assert told(member, group, segment.index) == (EXCLUDE, 0, [])


@pytest.mark.claim("multicast.source-list.no-more-than-the-limit")
@over_group4
def test_longer_list_is_refused_in_the_newer_form_too(peers, group, segment, sysctl):
    sysctl("net.ipv4.igmp_max_msf", 2)  # decisive
    member = group.member(peers, segment.index)

    with fails(ENOBUFS):
        member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, segment.index, INCLUDE, *FOREIGN["ip4"]))


@pytest.mark.claim("multicast.source-list.gone-with-the-membership")
@over_group4
def test_list_is_gone_when_the_group_was_left(peers, group, loopback):
    member, hosts = group.member(peers, loopback.index), FOREIGN["ip4"][:2]
    member.setsockopt(IPPROTO_IP, IP_MSFILTER, older_filter(group, INCLUDE, *hosts))

    member.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, group.membership(loopback.index))  # decisive
    member.setsockopt(IPPROTO_IP, group.add_membership, group.membership(loopback.index))

    assert told_by_older(member, group) == (EXCLUDE, 0, [])
