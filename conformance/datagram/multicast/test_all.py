"""IP_MULTICAST_ALL and IPV6_MULTICAST_ALL: whether a socket hears groups that only others on the host joined.

The sockets are bound to the wildcard address and to ports of their own; the group is named by the datagram.
"""

from __future__ import annotations

from errno import EAGAIN, EINVAL
from socket import IPPROTO_IP, MSG_DONTWAIT

import pytest

from conformance.datagram.multicast.groups import group4, next_datagram, over, over_groups_knowing
from fixtures.evidence.expect import fails


@pytest.mark.claim("multicast.all.on-by-default")
@over_groups_knowing("multicast_all")
def test_socket_that_joined_nothing_hears_what_another_socket_joined(peers, group, segment):
    bystander = group.listener(peers, lane="bystander")
    sender = group.sender(peers, segment.index, segment.host)
    assert bystander.getsockopt(group.level, group.multicast_all) == 1

    sender.sendto(b"nobody joined", group.port_of(bystander))
    group.member(peers, segment.index)  # decisive
    sender.sendto(b"another joined", group.port_of(bystander))

    assert next_datagram(bystander) == b"another joined"
    with fails(EAGAIN):
        bystander.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.all.off-only-own-groups")
@over_groups_knowing("multicast_all")
def test_member_with_all_off_does_not_hear_groups_of_others(peers, group, segment):
    member = group.member(peers, segment.index)
    other = group.listener(peers, lane="other")
    other.setsockopt(group.level, group.add_membership, group.membership(segment.index, host=group.other))
    sender = group.sender(peers, segment.index, segment.host)

    sender.sendto(b"theirs, heard", group.other_port_of(member))
    first = next_datagram(member)
    member.setsockopt(group.level, group.multicast_all, 0)  # decisive
    sender.sendto(b"theirs", group.other_port_of(member))
    sender.sendto(b"ours", group.port_of(member))

    assert (first, next_datagram(member)) == (b"theirs, heard", b"ours")


@pytest.mark.claim("multicast.all.off-only-own-groups")
@over_groups_knowing("multicast_all")
def test_socket_without_membership_and_all_off_hears_no_group(peers, group, segment):
    bystander = group.listener(peers, lane="bystander")
    group.member(peers, segment.index)
    sender = group.sender(peers, segment.index, segment.host)

    bystander.setsockopt(group.level, group.multicast_all, 0)  # decisive
    sender.sendto(b"group", group.port_of(bystander))
    sender.sendto(b"unicast", (segment.host, bystander.getsockname()[1]))
    first = next_datagram(bystander)
    bystander.setsockopt(group.level, group.multicast_all, 1)  # decisive
    sender.sendto(b"group again", group.port_of(bystander))

    assert (first, next_datagram(bystander)) == (b"unicast", b"group again")


@pytest.mark.claim("multicast.all.per-socket")
@over_groups_knowing("multicast_all")
def test_all_off_on_one_socket_leaves_the_others_hearing(peers, group, segment):
    port = group.member(peers, segment.index).getsockname()[1]
    strict = group.listener(peers, lane="strict", port=port)
    open_minded = group.listener(peers, lane="open-minded", port=port)
    sender = group.sender(peers, segment.index, segment.host)

    strict.setsockopt(group.level, group.multicast_all, 0)  # decisive
    sender.sendto(b"group", group.port_of(strict))  # decisive

    assert next_datagram(open_minded) == b"group"
    with fails(EAGAIN):
        strict.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("multicast.all.reads-back")
@over_groups_knowing("multicast_all")
def test_all_reads_back_as_it_was_set(peers, group):
    end = group.listener(peers)
    other = group.listener(peers, lane="other")

    end.setsockopt(group.level, group.multicast_all, 0)  # decisive
    off = end.getsockopt(group.level, group.multicast_all)
    end.setsockopt(group.level, group.multicast_all, 1)  # decisive

    assert (off, end.getsockopt(group.level, group.multicast_all)) == (0, 1)
    assert other.getsockopt(group.level, group.multicast_all) == 1


@pytest.mark.claim("multicast.all.ip4-refuses-other-values")
@over(group4, knowing="multicast_all")
def test_ip_multicast_all_refuses_what_is_neither_0_nor_1(peers, group):
    end = group.listener(peers)
    end.setsockopt(IPPROTO_IP, group.multicast_all, 0)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_IP, group.multicast_all, 2)  # decisive

    assert end.getsockopt(IPPROTO_IP, group.multicast_all) == 0


@pytest.mark.claim("multicast.all.off-hears-unicast")
@over_groups_knowing("multicast_all")
def test_unicast_is_heard_with_all_off(peers, group, segment):
    receiver = group.listener(peers, lane="receiver")
    sender = group.sender(peers, segment.index, segment.host)
    receiver.setsockopt(group.level, group.multicast_all, 0)

    sender.sendto(b"unicast", (segment.host, receiver.getsockname()[1]))  # decisive

    assert next_datagram(receiver) == b"unicast"
