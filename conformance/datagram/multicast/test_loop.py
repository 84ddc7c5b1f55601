"""IP_MULTICAST_LOOP and IPV6_MULTICAST_LOOP: whose datagrams come back to the host that sent them.

Members and senders stand on one multicast interface. What must not be heard is followed by a datagram that
must: when that one is the first to be read, the other was not delivered.
"""

from __future__ import annotations

from errno import EAGAIN, EINVAL
from socket import IP_MULTICAST_LOOP, IPPROTO_IP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, MSG_DONTWAIT

import pytest

from conformance.datagram.multicast.groups import next_datagram, over_groups, over_groups_knowing
from fixtures.evidence.expect import fails
from fixtures.stage.families import ip6, over, over_ip4


@pytest.mark.claim("multicast.loop.on-by-default")
@over_groups_knowing("multicast_loop")
def test_member_on_the_sending_host_hears_each_datagram_once(peers, group, segment):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)
    assert sender.getsockopt(group.level, group.multicast_loop) == 1

    sender.sendto(b"first", group.port_of(member))  # decisive
    sender.sendto(b"second", group.port_of(member))

    assert [next_datagram(member), next_datagram(member)] == [b"first", b"second"]
    with fails(EAGAIN):
        member.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.loop.on-by-default")
@over_groups
def test_looped_datagram_also_leaves_the_host_once(peers, group, segment, wire):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"hello", group.port_of(member))  # decisive

    assert next_datagram(member) == b"hello"
    wire.expect("sender > member UDP (5)")
    assert len(wire.seen("sender > member UDP")) == 1


@pytest.mark.claim("multicast.loop.off-stops-own-host")
@over_groups_knowing("multicast_loop")
def test_member_on_the_sending_host_does_not_hear_with_loop_off(peers, group, segment):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.setsockopt(group.level, group.multicast_loop, 0)  # decisive
    sender.sendto(b"off", group.port_of(member))
    sender.setsockopt(group.level, group.multicast_loop, 1)  # decisive
    sender.sendto(b"on", group.port_of(member))

    assert next_datagram(member) == b"on"
    with fails(EAGAIN):
        member.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.loop.off-stops-own-host")
@over_groups_knowing("multicast_loop")
def test_sender_that_is_a_member_does_not_hear_itself_with_loop_off(peers, group, segment):
    member = group.member(peers, segment.index)
    member.setsockopt(group.level, group.multicast_if, group.device(segment.index))

    member.sendto(b"on", group.port_of(member))
    member.setsockopt(group.level, group.multicast_loop, 0)  # decisive
    member.sendto(b"off", group.port_of(member))
    member.setsockopt(group.level, group.multicast_loop, 1)
    member.sendto(b"on again", group.port_of(member))

    assert [next_datagram(member), next_datagram(member)] == [b"on", b"on again"]


@pytest.mark.claim("multicast.loop.off-still-leaves")
@over_groups_knowing("multicast_loop")
def test_member_on_another_host_hears_with_loop_off(peers, group, link):
    with link.far.entered():
        member = group.member(peers, link.far_index)
    near = group.member(peers, link.near_index, lane="local", port=member.getsockname()[1])
    sender = group.sender(peers, link.near_index, link.near_host(group.family))
    sender.setsockopt(group.level, group.multicast_loop, 0)

    sender.sendto(b"off", group.port_of(member))  # decisive

    assert next_datagram(member) == b"off"
    with fails(EAGAIN):
        near.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.loop.off-still-leaves")
@over_groups_knowing("multicast_loop")
def test_loop_off_changes_nothing_on_the_wire(peers, group, segment, wire):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.setsockopt(group.level, group.multicast_loop, 0)
    sender.sendto(b"off", group.port_of(member))  # decisive
    sender.setsockopt(group.level, group.multicast_loop, 1)
    sender.sendto(b"on", group.port_of(member))

    assert next_datagram(member) == b"on"
    wire.expect("sender > member UDP (3)")
    wire.expect("sender > member UDP (2)")
    assert len(wire.seen("sender > member UDP")) == 2


@pytest.mark.claim("multicast.loop.per-sending-socket")
@over_groups_knowing("multicast_loop")
def test_receivers_own_setting_does_not_keep_it_from_hearing(peers, group, segment):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    member.setsockopt(group.level, group.multicast_loop, 0)  # decisive
    sender.sendto(b"hello", group.port_of(member))  # decisive

    assert member.getsockopt(group.level, group.multicast_loop) == 0
    assert next_datagram(member) == b"hello"


@pytest.mark.claim("multicast.loop.per-sending-socket")
@over_groups_knowing("multicast_loop")
def test_loop_off_on_one_sender_leaves_the_other_audible(peers, group, segment):
    member = group.member(peers, segment.index)
    silent = group.sender(peers, segment.index, segment.host, lane="silent")
    sender = group.sender(peers, segment.index, segment.host)

    silent.setsockopt(group.level, group.multicast_loop, 0)  # decisive
    silent.sendto(b"silent", group.port_of(member))
    sender.sendto(b"audible", group.port_of(member))

    assert sender.getsockopt(group.level, group.multicast_loop) == 1
    assert member.recvfrom(64)[1][1] == sender.getsockname()[1]
    with fails(EAGAIN):
        member.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.loop.reads-back")
@over_groups_knowing("multicast_loop")
def test_loop_reads_back_as_it_was_set(peers, group):
    end = group.listener(peers)
    other = group.listener(peers, lane="other")

    end.setsockopt(group.level, group.multicast_loop, 0)  # decisive
    off = end.getsockopt(group.level, group.multicast_loop)
    end.setsockopt(group.level, group.multicast_loop, 1)  # decisive

    assert (off, end.getsockopt(group.level, group.multicast_loop)) == (0, 1)
    assert other.getsockopt(group.level, group.multicast_loop) == 1


@pytest.mark.claim("multicast.loop.ip4-any-value-is-true")
@pytest.mark.parametrize("true", [2, 256, -1])
@over_ip4
def test_ip_multicast_loop_takes_any_other_value_for_true(peers, family, true):
    end = peers.datagram(family, lane="sender")
    end.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, 0)

    end.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, true)  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP) == 1


@pytest.mark.claim("multicast.loop.ip6-refuses-other-values")
@pytest.mark.needs("option:IPPROTO_IPV6.IPV6_MULTICAST_LOOP")
@over(ip6)
def test_ipv6_multicast_loop_refuses_what_is_neither_0_nor_1(peers, family):
    end = peers.datagram(family, lane="sender")
    end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 2)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_LOOP) == 0


@pytest.mark.claim("multicast.loop.ip4-byte-argument")
@over_ip4
def test_ip_multicast_loop_takes_an_unsigned_char(peers, family):
    end = peers.datagram(family, lane="sender")

    end.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, b"\0")  # decisive

    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP) == 0
    assert end.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, 1) == b"\0"
