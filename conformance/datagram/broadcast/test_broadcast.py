"""SO_BROADCAST: who may send to a broadcast address, and who receives what was sent there.

Most scenarios use the broadcast address of the loopback network, 127.255.255.255, which needs no route of its own.
"""

from __future__ import annotations

from errno import EACCES, EAGAIN, ENETUNREACH, EPERM
from select import POLLIN
from socket import MSG_DONTWAIT, SO_BROADCAST, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_ip4
from fixtures.stage.rtnetlink import Routes

BROADCAST = "127.255.255.255"
LINK_BROADCAST = "10.77.0.255"
"""Of the network 10.77.0.0/24 that the link fixture sets up."""
LIMITED = "255.255.255.255"
GROUPS = {"ip4": "239.255.7.7", "ip6": "ff05::77"}


def listener(peers, family, host, *, lane, port=0):
    """A datagram socket that shares its port, bound to `host`."""
    end = peers.socket(lane, family.domain, SOCK_DGRAM)
    end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    end.bind((host, port))
    return end


def port_of(end):
    """The port to which `end` is bound."""
    return end.getsockname()[1]


def next_datagram(end):
    """The datagram that waits first at `end`. Raises Deviation when none comes."""
    ready(end, POLLIN)
    return end.recv(64)


@pytest.mark.claim("udp.broadcast.needs-option")
@over_ip4
def test_sending_without_the_option_is_refused(peers, family):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    sender = peers.datagram(family, lane="sender")

    with fails(EACCES):
        sender.sendto(b"refused", (BROADCAST, port_of(receiver)))  # decisive
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)  # decisive
    assert sender.sendto(b"allowed", (BROADCAST, port_of(receiver))) == 7

    assert next_datagram(receiver) == b"allowed"


@pytest.mark.claim("udp.broadcast.needs-option")
@over_ip4
def test_refused_datagram_is_not_on_the_wire(peers, family, wire):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    sender = peers.datagram(family, lane="sender")

    with fails(EACCES):
        sender.sendto(b"refused", (BROADCAST, port_of(receiver)))
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)  # decisive
    sender.sendto(b"on", (BROADCAST, port_of(receiver)))

    wire.expect("sender > receiver UDP (2)")
    assert len(wire.seen("sender > receiver UDP")) == 1


@pytest.mark.claim("udp.broadcast.connect-needs-option")
@over_ip4
def test_connecting_without_the_option_is_refused(peers, family):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    sender = peers.datagram(family, lane="sender")

    with fails(EACCES, accepted={EPERM: "connect(2), ERRORS: EACCES, EPERM"}):
        sender.connect((BROADCAST, port_of(receiver)))  # decisive
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)  # decisive
    sender.connect((BROADCAST, port_of(receiver)))
    sender.send(b"allowed")

    assert next_datagram(receiver) == b"allowed"


@pytest.mark.claim("udp.broadcast.reads-back")
@over_ip4
def test_option_is_off_at_first_and_reads_back(peers, family):
    end = peers.datagram(family, lane="sender")
    other = peers.datagram(family, lane="other")
    before = end.getsockopt(SOL_SOCKET, SO_BROADCAST)

    end.setsockopt(SOL_SOCKET, SO_BROADCAST, 2)  # decisive
    on = end.getsockopt(SOL_SOCKET, SO_BROADCAST)
    end.setsockopt(SOL_SOCKET, SO_BROADCAST, 0)  # decisive

    assert (before, on, end.getsockopt(SOL_SOCKET, SO_BROADCAST)) == (0, 1, 0)
    assert other.getsockopt(SOL_SOCKET, SO_BROADCAST) == 0


@pytest.mark.claim("udp.broadcast.per-call")
@over_ip4
def test_option_taken_back_refuses_the_next_datagram(peers, family):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
    sender.sendto(b"allowed", (BROADCAST, port_of(receiver)))

    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 0)  # decisive
    with fails(EACCES):
        sender.sendto(b"refused", (BROADCAST, port_of(receiver)))

    assert next_datagram(receiver) == b"allowed"
    with fails(EAGAIN):
        receiver.recv(1, MSG_DONTWAIT)


@pytest.mark.claim("udp.broadcast.per-call")
@over_ip4
def test_option_of_one_socket_does_not_allow_another(peers, family):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    allowed = peers.datagram(family, lane="allowed")
    refused = peers.datagram(family, lane="refused")
    allowed.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    with fails(EACCES):
        refused.sendto(b"refused", (BROADCAST, port_of(receiver)))  # decisive
    allowed.sendto(b"allowed", (BROADCAST, port_of(receiver)))

    assert next_datagram(receiver) == b"allowed"


@pytest.mark.claim("udp.broadcast.delivered-to-all")
@over_ip4
def test_every_socket_on_the_port_gets_one_copy(peers, family):
    first = listener(peers, family, "0.0.0.0", lane="first")
    second = listener(peers, family, "0.0.0.0", lane="second", port=port_of(first))
    third = listener(peers, family, BROADCAST, lane="third", port=port_of(first))
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    sender.sendto(b"one", (BROADCAST, port_of(first)))  # decisive
    sender.sendto(b"two", (BROADCAST, port_of(first)))

    assert [next_datagram(end) for end in (first, second, third)] == [b"one"] * 3
    assert [next_datagram(end) for end in (first, second, third)] == [b"two"] * 3


@pytest.mark.claim("udp.broadcast.receiver-needs-no-option")
@over_ip4
def test_receiver_without_the_option_receives(peers, family):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    sender.sendto(b"hello", (BROADCAST, port_of(receiver)))  # decisive

    assert receiver.getsockopt(SOL_SOCKET, SO_BROADCAST) == 0
    assert next_datagram(receiver) == b"hello"


@pytest.mark.claim("udp.broadcast.unicast-bound-does-not-receive")
@over_ip4
def test_socket_bound_to_a_unicast_address_does_not_receive(peers, family):
    bound = listener(peers, family, family.loopback, lane="bound")
    sender = peers.datagram(family, lane="sender")
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    sender.sendto(b"broadcast", (BROADCAST, port_of(bound)))
    sender.sendto(b"unicast", bound.getsockname())  # decisive

    assert next_datagram(bound) == b"unicast"


@pytest.mark.claim("udp.broadcast.subnet-reaches-link")
@over_ip4
def test_broadcast_of_a_network_reaches_both_hosts_of_the_link(peers, family, link):
    here = listener(peers, family, "0.0.0.0", lane="here")
    with link.far.entered():
        there = listener(peers, family, "0.0.0.0", lane="there", port=port_of(here))
    sender = peers.datagram(family, lane="sender", host=link.near_host(family))
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    sender.sendto(b"hello", (LINK_BROADCAST, port_of(here)))  # decisive

    assert [next_datagram(here), next_datagram(there)] == [b"hello", b"hello"]


@pytest.mark.claim("udp.broadcast.subnet-reaches-link")
@over_ip4
def test_broadcast_of_a_network_is_on_the_link_once(peers, family, link, wire):
    receiver = listener(peers, family, "0.0.0.0", lane="receiver")
    sender = peers.datagram(family, lane="sender", host=link.near_host(family))
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    sender.sendto(b"hello", (LINK_BROADCAST, port_of(receiver)))  # decisive

    wire.expect("sender > receiver UDP (5)")
    assert len(wire.seen("sender > receiver UDP")) == 1


@pytest.mark.claim("udp.broadcast.limited-needs-a-way")
@pytest.mark.needs("namespace")
@over_ip4
def test_limited_broadcast_without_a_route_is_unreachable(peers, family):
    sender = peers.datagram(family, lane="sender", host="0.0.0.0")
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    with fails(ENETUNREACH):
        sender.sendto(b"hello", (LIMITED, port_of(sender)))  # decisive


@pytest.mark.claim("udp.broadcast.limited-needs-a-way")
@over_ip4
def test_limited_broadcast_leaves_from_the_bound_address(peers, family, link):
    with link.far.entered():
        there = listener(peers, family, "0.0.0.0", lane="there")
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.bind((link.near_host(family), 0))  # decisive

    with fails(EACCES):
        sender.sendto(b"refused", (LIMITED, port_of(there)))
    sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)  # decisive
    sender.sendto(b"hello", (LIMITED, port_of(there)))

    assert next_datagram(there) == b"hello"


@pytest.mark.claim("udp.broadcast.not-for-streams")
@over_ip4
def test_stream_socket_cannot_connect_to_a_broadcast_address(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)

    with fails(ENETUNREACH):
        client.connect((BROADCAST, port_of(peers.listener(family))))  # decisive


@pytest.mark.claim("tcp.connect.no-group")
@over_ip
def test_stream_socket_cannot_connect_to_a_group(peers, link, family):
    with Routes() as routes:
        routes.lead(link.near_index, GROUPS[family.name])
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ENETUNREACH):
        client.connect((GROUPS[family.name], 9))  # decisive


@pytest.mark.claim("udp.broadcast.limited-can-be-bound")
@over_ip4
def test_limited_broadcast_address_can_be_bound(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    end.bind(("255.255.255.255", 0))  # decisive

    assert end.getsockname()[0] == "255.255.255.255"
