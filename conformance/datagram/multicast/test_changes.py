"""Sources of a group that come and go one by one, and how the link is told (RFC 3376, RFC 3810)."""

from errno import EADDRNOTAVAIL, EINVAL, ENOBUFS
from pathlib import Path

import pytest

from conformance.datagram.multicast.filters import EXCLUDE, INCLUDE, MCAST_MSFILTER, group_filter, told
from conformance.datagram.multicast.groups import (
    MCAST_BLOCK_SOURCE,
    MCAST_JOIN_SOURCE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP,
    MCAST_UNBLOCK_SOURCE,
    over_group4,
    over_groups,
)
from fixtures.evidence.expect import fails, in_addr

SOURCES = {"ip4": [f"10.9.9.{at}" for at in range(1, 13)], "ip6": [f"fd99::{at:x}" for at in range(1, 13)]}


def allowing(peers, group, index, count):
    """A socket that hears so many sources of the group, and the sources."""
    end, hosts = group.listener(peers, lane="member"), SOURCES[group.family.name][:count]
    for host in hosts:
        end.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, group.source(index, host))
    return end, hosts


@pytest.mark.claim("multicast.sources.blocked-one-by-one")
@pytest.mark.usefixtures("source_lists")
@over_groups
def test_blocked_sources_are_told_until_they_are_unblocked(peers, group, segment):
    member, hosts = group.member(peers, segment.index), SOURCES[group.family.name][:3]

    for host in hosts:
        member.setsockopt(group.level, MCAST_BLOCK_SOURCE, group.source(segment.index, host))  # decisive
    blocked = told(member, group, segment.index)
    member.setsockopt(group.level, MCAST_UNBLOCK_SOURCE, group.source(segment.index, hosts[1]))  # decisive

    assert blocked == (EXCLUDE, 3, hosts)
    assert told(member, group, segment.index) == (EXCLUDE, 2, [hosts[0], hosts[2]])


@pytest.mark.claim("multicast.sources.block-twice-refused")
@over_groups
def test_source_that_is_blocked_cannot_be_blocked_again(peers, group, segment):
    member = group.member(peers, segment.index)
    source = group.source(segment.index, SOURCES[group.family.name][0])
    member.setsockopt(group.level, MCAST_BLOCK_SOURCE, source)

    with fails(EADDRNOTAVAIL):
        member.setsockopt(group.level, MCAST_BLOCK_SOURCE, source)  # decisive


@pytest.mark.claim("multicast.sources.unblock-needs-a-block")
@pytest.mark.parametrize("others", [0, 1])
@over_groups
def test_source_that_is_not_blocked_cannot_be_unblocked(peers, group, segment, others):
    member, hosts = group.member(peers, segment.index), SOURCES[group.family.name]
    for host in hosts[:others]:
        member.setsockopt(group.level, MCAST_BLOCK_SOURCE, group.source(segment.index, host))

    with fails(EADDRNOTAVAIL):
        member.setsockopt(group.level, MCAST_UNBLOCK_SOURCE, group.source(segment.index, hosts[5]))  # decisive


@pytest.mark.claim("multicast.sources.one-mode-at-a-time")
@pytest.mark.parametrize("option", [MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE], ids=["block", "unblock"])
@over_groups
def test_source_is_not_blocked_where_sources_are_named(peers, group, segment, option):
    member, hosts = allowing(peers, group, segment.index, 2)

    with fails(EINVAL):
        member.setsockopt(group.level, option, group.source(segment.index, hosts[0]))  # decisive

    assert told(member, group, segment.index) == (INCLUDE, 2, hosts)


@pytest.mark.claim("multicast.sources.membership-needed-to-block")
@over_groups
def test_source_of_a_group_that_was_not_joined_cannot_be_blocked(peers, group, segment):
    end = group.listener(peers, lane="end")

    with fails(EINVAL):
        end.setsockopt(
            group.level, MCAST_BLOCK_SOURCE, group.source(segment.index, SOURCES[group.family.name][0])
        )  # decisive


@pytest.mark.claim("multicast.sources.last-one-leaves")
@over_groups
def test_group_is_left_with_its_last_source(peers, group, segment):
    member, (host,) = allowing(peers, group, segment.index, 1)

    member.setsockopt(group.level, MCAST_LEAVE_SOURCE_GROUP, group.source(segment.index, host))  # decisive

    with fails(EADDRNOTAVAIL):
        told(member, group, segment.index)


@pytest.mark.claim("multicast.sources.no-more-than-the-limit")
@over_group4
def test_further_source_beyond_the_limit_is_refused(peers, group, segment, sysctl):
    sysctl("net.ipv4.igmp_max_msf", 11)  # decisive
    member, hosts = allowing(peers, group, segment.index, 11)

    with fails(ENOBUFS):
        member.setsockopt(group.level, MCAST_JOIN_SOURCE_GROUP, group.source(segment.index, SOURCES["ip4"][11]))

    assert told(member, group, segment.index, room=12)[:2] == (INCLUDE, len(hosts))


@pytest.mark.claim("multicast.sources.listed-by-proc")
@over_groups
def test_sources_of_an_interface_are_listed(peers, group, link):
    member, (host, _) = allowing(peers, group, link.near_index, 2)
    listed = []

    name = "mcfilter" if group.protocol == "IGMP" else "mcfilter6"
    listed = Path(f"/proc/thread-self/net/{name}").read_text("ascii").lower()  # decisive

    assert member.fileno() >= 0
    assert in_addr(host).hex() in listed


INTERVAL = {
    "ip4": "net.ipv4.conf.{}.igmpv3_unsolicited_report_interval",
    "ip6": "net.ipv6.conf.{}.mldv2_unsolicited_report_interval",
}


@pytest.fixture
def reported_member(peers, group, link, wire, sysctl, newest_reports):
    """A member whose membership was reported as often as it is: what changes from then on is reported by itself."""
    sysctl(INTERVAL[group.family.name].format(link.near_interface), 10)
    member = group.member(peers, link.near_index)
    for _ in range(2):
        wire.expect(f"* > * {group.protocol} join {group.host} ttl 1")
    return member


@pytest.mark.claim("multicast.sources.block-reported")
@pytest.mark.usefixtures("robust_groups")
@over_groups
def test_blocked_source_is_reported(reported_member, group, link, wire):
    member = reported_member
    source = group.source(link.near_index, SOURCES[group.family.name][0])

    member.setsockopt(group.level, MCAST_BLOCK_SOURCE, source)  # decisive

    wire.expect(f"* > * {group.protocol} block {group.host} ttl 1")


@pytest.mark.claim("multicast.sources.unblock-reported")
@pytest.mark.usefixtures("robust_groups")
@over_groups
def test_source_that_is_heard_again_is_reported(reported_member, group, link, wire):
    member = reported_member
    source = group.source(link.near_index, SOURCES[group.family.name][0])
    member.setsockopt(group.level, MCAST_BLOCK_SOURCE, source)
    wire.expect(f"* > * {group.protocol} block {group.host} ttl 1")

    member.setsockopt(group.level, MCAST_UNBLOCK_SOURCE, source)  # decisive

    wire.expect(f"* > * {group.protocol} allow {group.host} ttl 1")


@pytest.mark.claim("multicast.sources.mode-reported")
@pytest.mark.parametrize(("mode", "word"), [(INCLUDE, "leave"), (EXCLUDE, "join")], ids=["include", "exclude"])
@over_groups
@pytest.mark.usefixtures("newest_reports")
def test_other_mode_is_reported(peers, group, link, wire, mode, word):
    member, hosts = group.member(peers, link.near_index), SOURCES[group.family.name]
    before = group_filter(group, link.near_index, INCLUDE + EXCLUDE - mode, hosts[0])
    member.setsockopt(group.level, MCAST_MSFILTER, before)
    wire.settle()

    member.setsockopt(group.level, MCAST_MSFILTER, group_filter(group, link.near_index, mode, hosts[1]))  # decisive

    wire.expect(f"* > * {group.protocol} {word} {group.host} ttl 1")
