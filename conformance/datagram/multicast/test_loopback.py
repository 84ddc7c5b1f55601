"""Multicast over the interface lo, which needs neither a link nor a namespace: IPv4, once lo is named.

What IP_MULTICAST_LOOP decides elsewhere it does not decide here: what lo sends, lo receives.
"""

from __future__ import annotations

from errno import EAGAIN
from socket import IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IPPROTO_IP, MSG_DONTWAIT

import pytest

from conformance.datagram.multicast.groups import group4, next_datagram, over, over_group4
from fixtures.evidence.expect import fails


@pytest.mark.claim("multicast.loop.lo-ignores-it")
@over_group4
def test_loop_off_does_not_silence_the_loopback_interface(peers, group, loopback):
    member = group.member(peers, loopback.index)
    sender = group.sender(peers, loopback.index, loopback.host)

    sender.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, 0)  # decisive
    sender.sendto(b"off", group.port_of(member))  # decisive

    assert sender.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP) == 0
    assert next_datagram(member) == b"off"
    with fails(EAGAIN):
        member.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.loop.lo-ignores-it")
@over_group4
def test_datagram_with_loop_off_is_on_lo_once(peers, group, loopback, wire):
    member = group.member(peers, loopback.index)
    sender = group.sender(peers, loopback.index, loopback.host)

    sender.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, 0)
    sender.sendto(b"off", group.port_of(member))  # decisive

    assert next_datagram(member) == b"off"
    wire.expect("sender > member UDP (3) ttl 1")
    assert len(wire.seen("sender > member UDP")) == 1


@pytest.mark.claim("multicast.membership.joined-receives")
@over_group4
def test_join_and_leave_decide_what_is_received_over_lo(peers, group, loopback):
    member = group.listener(peers, lane="member")
    sender = group.sender(peers, loopback.index, loopback.host)

    own = loopback.host, member.getsockname()[1]

    sender.sendto(b"before", group.port_of(member))
    sender.sendto(b"unicast", own)
    assert next_datagram(member) == b"unicast"
    member.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, group.membership(loopback.index))  # decisive
    sender.sendto(b"between", group.port_of(member))
    assert next_datagram(member) == b"between"
    member.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, group.membership(loopback.index))  # decisive
    sender.sendto(b"after", group.port_of(member))
    sender.sendto(b"unicast", own)
    assert next_datagram(member) == b"unicast"


@pytest.mark.claim("multicast.membership.every-member-once")
@over_group4
def test_every_socket_that_joined_over_lo_gets_one_copy(peers, group, loopback):
    first = group.member(peers, loopback.index, lane="first")
    second = group.member(peers, loopback.index, lane="second", port=first.getsockname()[1])
    sender = group.sender(peers, loopback.index, loopback.host)

    sender.sendto(b"hello", group.port_of(first))  # decisive

    assert [next_datagram(first), next_datagram(second)] == [b"hello", b"hello"]
    with fails(EAGAIN):
        first.recv(1, MSG_DONTWAIT)
    with fails(EAGAIN):
        second.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.all.off-only-own-groups")
@over(group4, knowing="multicast_all")
def test_with_all_off_only_own_groups_are_received_over_lo(peers, group, loopback):
    member = group.member(peers, loopback.index)
    other = group.listener(peers, lane="other")
    other.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, group.membership(loopback.index, host=group.other))
    sender = group.sender(peers, loopback.index, loopback.host)

    member.setsockopt(IPPROTO_IP, group.multicast_all, 0)  # decisive
    sender.sendto(b"theirs", group.other_port_of(member))
    sender.sendto(b"ours", group.port_of(member))

    assert next_datagram(member) == b"ours"


@pytest.mark.claim("multicast.interface.no-route-needed-once-set")
@over_group4
def test_sending_over_lo_needs_its_name_where_no_route_leads(peers, group, loopback):
    member = group.member(peers, loopback.index)
    sender = group.listener(peers, lane="sender")

    sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, group.device(loopback.index))  # decisive
    sender.sendto(b"hello", group.port_of(member))

    assert next_datagram(member) == b"hello"
