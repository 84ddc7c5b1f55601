"""What joins and leaves of single sources may follow what, and that they are not read (RFC 3678, 4.1 and 5.1)."""

from errno import EADDRNOTAVAIL, EINVAL, ENOPROTOOPT
from socket import IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IPPROTO_IP

import pytest

from conformance.datagram.multicast.filters import EXCLUDE, INCLUDE, told
from conformance.datagram.multicast.groups import (
    IP_ADD_SOURCE_MEMBERSHIP,
    IP_BLOCK_SOURCE,
    IP_DROP_SOURCE_MEMBERSHIP,
    IP_UNBLOCK_SOURCE,
    MCAST_BLOCK_SOURCE,
    MCAST_JOIN_GROUP,
    MCAST_JOIN_SOURCE_GROUP,
    MCAST_LEAVE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP,
    MCAST_UNBLOCK_SOURCE,
    over_group4,
    over_groups,
)
from fixtures.evidence.expect import fails

HOSTS = {"ip4": ["10.9.9.1", "10.9.9.2"], "ip6": ["fd99::1", "fd99::2"]}
NEWER = {
    "MCAST_JOIN_GROUP": MCAST_JOIN_GROUP, "MCAST_LEAVE_GROUP": MCAST_LEAVE_GROUP,
    "MCAST_BLOCK_SOURCE": MCAST_BLOCK_SOURCE, "MCAST_UNBLOCK_SOURCE": MCAST_UNBLOCK_SOURCE,
    "MCAST_JOIN_SOURCE_GROUP": MCAST_JOIN_SOURCE_GROUP, "MCAST_LEAVE_SOURCE_GROUP": MCAST_LEAVE_SOURCE_GROUP,
}  # fmt: skip
OLDER = {
    "IP_ADD_MEMBERSHIP": IP_ADD_MEMBERSHIP, "IP_DROP_MEMBERSHIP": IP_DROP_MEMBERSHIP,
    "IP_BLOCK_SOURCE": IP_BLOCK_SOURCE, "IP_UNBLOCK_SOURCE": IP_UNBLOCK_SOURCE,
    "IP_ADD_SOURCE_MEMBERSHIP": IP_ADD_SOURCE_MEMBERSHIP, "IP_DROP_SOURCE_MEMBERSHIP": IP_DROP_SOURCE_MEMBERSHIP,
}  # fmt: skip


def hearing_two(peers, group, index):
    """A socket that has joined two sources of the group."""
    end = group.listener(peers, lane="member")
    for host in HOSTS[group.family.name]:
        end.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, group.source(index, host))
    return end


@pytest.mark.claim("multicast.sources.all-left-at-once")
@over_groups
def test_group_is_left_with_all_its_sources(peers, group, segment):
    member = hearing_two(peers, group, segment.index)

    member.setsockopt(group.level, MCAST_LEAVE_GROUP, group.request(segment.index))  # decisive

    with fails(EADDRNOTAVAIL):
        told(member, group, segment.index)


@pytest.mark.claim("multicast.sources.all-left-at-once")
@over_group4
def test_group_is_left_with_all_its_sources_by_the_older_option(peers, group, segment):
    member = hearing_two(peers, group, segment.index)

    member.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, group.membership(segment.index))  # decisive

    with fails(EADDRNOTAVAIL):
        told(member, group, segment.index)


@pytest.mark.claim("multicast.sources.join-twice-refused")
@over_groups
def test_source_that_was_joined_cannot_be_joined_again(peers, group, segment):
    member = hearing_two(peers, group, segment.index)
    source = group.source(segment.index, HOSTS[group.family.name][0])

    with fails(EADDRNOTAVAIL):
        member.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, source)  # decisive

    assert told(member, group, segment.index) == (INCLUDE, 2, HOSTS[group.family.name])


@pytest.mark.claim("multicast.sources.join-after-all-narrows")
@over_groups
def test_source_that_is_joined_after_all_is_heard_alone(peers, group, segment):
    member, host = group.member(peers, segment.index), HOSTS[group.family.name][0]

    member.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, group.source(segment.index, host))  # decisive

    assert told(member, group, segment.index) == (INCLUDE, 1, [host])


@pytest.mark.claim("multicast.sources.join-after-block-refused")
@over_groups
def test_source_is_not_joined_where_another_is_blocked(peers, group, segment):
    member, (blocked, wanted) = group.member(peers, segment.index), HOSTS[group.family.name]
    member.setsockopt(group.level, MCAST_BLOCK_SOURCE, group.source(segment.index, blocked))

    with fails(EINVAL):
        member.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, group.source(segment.index, wanted))  # decisive

    assert told(member, group, segment.index) == (EXCLUDE, 1, [blocked])


@pytest.mark.claim("multicast.sources.not-read")
@pytest.mark.parametrize("option", NEWER.values(), ids=NEWER)
@over_groups
def test_option_of_either_family_is_not_read(peers, group, segment, option):
    member = group.member(peers, segment.index)

    with fails(ENOPROTOOPT):
        member.getsockopt(group.level, option, 300)  # decisive


@pytest.mark.claim("multicast.sources.not-read")
@pytest.mark.parametrize("option", OLDER.values(), ids=OLDER)
@over_group4
def test_option_of_ip4_is_not_read(peers, group, segment, option):
    member = group.member(peers, segment.index)

    with fails(ENOPROTOOPT):
        member.getsockopt(IPPROTO_IP, option, 300)  # decisive
