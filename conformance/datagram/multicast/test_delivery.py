"""Which sockets of a host a datagram to a group reaches, once the host is a member."""

from __future__ import annotations

from errno import EAGAIN
from socket import MSG_DONTWAIT, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET

import pytest

from conformance.datagram.multicast.groups import next_datagram, over_groups
from fixtures.evidence.expect import fails

MANY = 14
"""Sockets: more than ten at a port are kept in another table."""


@pytest.mark.claim("multicast.membership.every-member-once")
@over_groups
def test_each_of_many_sockets_gets_one_copy(peers, group, link):
    first = group.member(peers, link.near_index, lane="first")
    port = first.getsockname()[1]
    others = [group.member(peers, link.near_index, lane=f"other{number}", port=port) for number in range(MANY)]
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))

    sender.sendto(b"one", group.port_of(first))  # decisive
    sender.sendto(b"two", group.port_of(first))

    for end in (first, *others):
        assert [next_datagram(end), next_datagram(end)] == [b"one", b"two"]


@pytest.mark.claim("multicast.membership.every-member-once")
@over_groups
def test_every_socket_that_shares_the_port_gets_one_copy(peers, group, link):
    first = group.member(peers, link.near_index, lane="first")
    second = group.member(peers, link.near_index, lane="second", port=first.getsockname()[1])
    third = group.member(peers, link.near_index, lane="third", port=first.getsockname()[1])
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))

    sender.sendto(b"one", group.port_of(first))  # decisive
    sender.sendto(b"two", group.port_of(first))

    assert [next_datagram(end) for end in (first, second, third)] == [b"one"] * 3
    assert [next_datagram(end) for end in (first, second, third)] == [b"two"] * 3


@pytest.mark.claim("multicast.membership.every-member-once")
@over_groups
def test_copies_for_two_sockets_cross_the_wire_once(peers, group, link, wire):
    first = group.member(peers, link.near_index, lane="first")
    group.member(peers, link.near_index, lane="member", port=first.getsockname()[1])
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))

    sender.sendto(b"hello", group.port_of(first))  # decisive

    assert next_datagram(first) == b"hello"
    wire.expect("sender > member UDP (5)")
    assert len(wire.seen("sender > member UDP")) == 1


@pytest.mark.claim("multicast.membership.non-member-does-not-receive")
@over_groups
def test_host_that_is_no_member_does_not_receive(peers, group, link):
    listener = group.listener(peers)
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))

    sender.sendto(b"group", group.port_of(listener))
    sender.sendto(b"unicast", (link.near_host(group.family), listener.getsockname()[1]))  # decisive

    assert next_datagram(listener) == b"unicast"
    with fails(EAGAIN):
        listener.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.membership.non-member-does-not-receive")
@over_groups
def test_member_does_not_receive_a_group_that_it_has_not_joined(peers, group, segment):
    member = group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"other group", group.other_port_of(member))
    sender.sendto(b"own group", group.port_of(member))  # decisive

    assert next_datagram(member) == b"own group"


@pytest.mark.claim("multicast.membership.sender-needs-none")
@over_groups
def test_sender_that_joined_nothing_reaches_the_members(peers, group, link):
    with link.far.entered():
        member = group.member(peers, link.far_index)
    sender = group.sender(peers, link.near_index, link.near_host(group.family))

    sender.sendto(b"hello", group.port_of(member))  # decisive

    data, (host, port, *_) = member.recvfrom(64)
    assert (data, host, port) == (b"hello", *sender.getsockname()[:2])


@pytest.mark.claim("multicast.membership.per-interface")
@over_groups
def test_membership_on_one_interface_does_not_receive_from_another(peers, group, link, loopback):
    member = group.member(peers, loopback.index)
    witness = peers.datagram(group.family, lane="witness", host=link.near_host(group.family))
    with link.far.entered():
        sender = group.sender(peers, link.far_index, link.far_host(group.family))

    sender.sendto(b"joined on lo", group.port_of(member))
    sender.sendto(b"has come", witness.getsockname())  # by the same way: so has the one before
    assert next_datagram(witness) == b"has come"
    member.setsockopt(group.level, group.add_membership, group.membership(link.near_index))  # decisive
    sender.sendto(b"joined here", group.port_of(member))

    assert next_datagram(member) == b"joined here"


@pytest.mark.claim("multicast.membership.unicast-bound-does-not-receive")
@over_groups
def test_member_bound_to_a_unicast_address_does_not_receive_the_group(peers, group, segment):
    bound = group.listener(peers, lane="bound", host=segment.host)
    bound.setsockopt(group.level, group.add_membership, group.membership(segment.index))
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"group", group.port_of(bound))
    sender.sendto(b"unicast", bound.getsockname())  # decisive

    assert next_datagram(bound) == b"unicast"


@pytest.mark.claim("multicast.membership.group-bound-receives-only-it")
@over_groups
def test_member_bound_to_the_group_receives_nothing_else(peers, group, segment):
    port = group.listener(peers).getsockname()[1]
    bound = peers.socket("bound", group.family.domain, SOCK_DGRAM)
    bound.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    bound.bind((group.host, port))  # decisive
    bound.setsockopt(group.level, group.add_membership, group.membership(segment.index))
    bound.setsockopt(group.level, group.add_membership, group.membership(segment.index, host=group.other))
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"other group", (group.other, port))
    sender.sendto(b"unicast", (segment.host, port))
    sender.sendto(b"group", (group.host, port))

    assert next_datagram(bound) == b"group"
