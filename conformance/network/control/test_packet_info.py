"""Sources and interfaces of IPv6 datagrams by IPV6_PKTINFO, by option and by message: which counts."""

from errno import EINVAL, ENETUNREACH, ENODEV, ENOPROTOOPT
from socket import IPPROTO_IPV6, IPV6_JOIN_GROUP, IPV6_MULTICAST_IF, SOCK_DGRAM, SOCK_STREAM, if_nametoindex
from sys import byteorder

import pytest

from conformance.network.control.messages import IPV6_PKTINFO, both, packet_info
from fixtures.evidence.expect import fails, in_addr
from fixtures.stage.families import ip6, over

over_ip6 = over(ip6)
FOREIGN, GROUP, LINK_LOCAL, SITE = "2001:db8::9", "ff02::1", "fe80::9", "ff15::4749"


@pytest.mark.claim("ip6.pktinfo.source-over-the-bound-one")
@over_ip6
def test_source_of_a_datagram_is_another_than_the_bound_one(peers, family, link):
    sender = peers.datagram(family, lane="sender", host=link.near_host(family))
    receiver = peers.datagram(family, lane="receiver", host=link.near_host(family))
    info = packet_info(family, source=family.loopback)

    sender.sendmsg([b"x"], [info], 0, receiver.getsockname())  # decisive
    sender.sendto(b"y", receiver.getsockname())

    assert [receiver.recvfrom(9)[1][0] for _ in range(2)] == [family.loopback, link.near_host(family)]


@pytest.mark.claim("ip6.pktinfo.no-source-is-the-bound-one")
@over_ip6
def test_message_without_a_source_leaves_the_bound_one(peers, family, link):
    sender = peers.datagram(family, lane="sender", host=link.near_host(family))
    receiver = peers.datagram(family, lane="receiver", host=link.near_host(family))

    sender.sendmsg([b"x"], [packet_info(family)], 0, receiver.getsockname())  # decisive

    assert receiver.recvfrom(9)[1][0] == link.near_host(family)


@pytest.mark.claim("ip6.pktinfo.foreign-source-refused")
@pytest.mark.parametrize("source", [FOREIGN, GROUP, LINK_LOCAL], ids=["foreign", "group", "link-local-of-no-link"])
@over_ip6
def test_source_that_is_not_of_the_host_is_refused(peers, family, source):
    sender, receiver = both(peers, family)

    with fails(EINVAL):
        sender.sendmsg([b"x"], [packet_info(family, source=source)], 0, receiver.getsockname())  # decisive


@pytest.mark.claim("ip6.pktinfo.unknown-interface-refused")
@over_ip6
def test_interface_that_does_not_exist_is_refused(peers, family):
    sender, receiver = both(peers, family)

    with fails(ENODEV):
        sender.sendmsg([b"x"], [packet_info(family, interface=99999)], 0, receiver.getsockname())  # decisive


@pytest.mark.claim("ip6.pktinfo.no-route-refused")
@over_ip6
def test_interface_without_a_route_there_is_refused(peers, family, link):
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    with fails(ENETUNREACH):
        sender.sendmsg([b"x"], [packet_info(family, interface=link.near_index)], 0, (FOREIGN, 9))  # decisive


@pytest.mark.claim("ip6.pktinfo.another-interface-refused")
@over_ip6
def test_interface_of_a_message_is_not_another_than_that_of_the_socket(peers, family, link):
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.setsockopt(*packet_info(family, interface=1))

    with fails(EINVAL):
        sender.sendmsg([b"x"], [packet_info(family, interface=link.near_index)], 0, ("::1", 9))  # decisive


@pytest.mark.claim("ip6.pktinfo.nothing-takes-away")
@over_ip6
def test_interface_of_the_socket_is_taken_away_by_none(peers, family, link):
    sender, receiver = both(peers, family)
    sender.setsockopt(*packet_info(family, interface=link.near_index))
    with fails(ENETUNREACH):
        sender.sendto(b"x", (FOREIGN, 9))

    sender.setsockopt(*packet_info(family))  # decisive

    sender.sendmsg([b"y"], [packet_info(family, interface=1)], 0, receiver.getsockname())
    assert receiver.recv(9) == b"y"


@pytest.mark.claim("ip6.pktinfo.not-read")
@over_ip6
def test_packet_info_of_the_socket_is_not_read(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(*packet_info(family, interface=1))

    with fails(ENOPROTOOPT):
        end.getsockopt(IPPROTO_IPV6, IPV6_PKTINFO, 20)  # decisive


@pytest.mark.claim("ip6.pktinfo.of-streams-taken")
@over_ip6
def test_source_of_a_stream_socket_is_taken_without_effect(peers, family, link):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(*packet_info(family, source=link.near_host(family)))

    client.connect(listener.getsockname())  # decisive

    assert client.getsockname()[0] == family.loopback


@pytest.mark.claim("ip6.pktinfo.over-multicast-if")
@pytest.mark.parametrize("by_message", [False, True], ids=["option", "message"])
@over_ip6
def test_interface_goes_before_that_of_datagrams_to_groups(peers, family, link, by_message):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
        receiver.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, in_addr(SITE) + link.far_index.to_bytes(4, byteorder))
    sender, info = peers.socket("sender", family.domain, SOCK_DGRAM), packet_info(family, interface=link.near_index)
    sender.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, if_nametoindex("lo"))
    sender.setsockopt(*(packet_info(family) if by_message else info))

    sender.sendmsg([b"x"], [info] if by_message else [], 0, (SITE, receiver.getsockname()[1]))  # decisive

    assert receiver.recv(9) == b"x"
