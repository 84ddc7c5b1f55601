"""What control messages tell an IPv6 socket of the datagrams of IPv4 that it takes too."""

import struct
from socket import (
    AF_INET,
    AF_INET6,
    IP_RECVTOS,
    IP_TOS,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_PKTINFO,
    IPV6_RECVPKTINFO,
    SOCK_DGRAM,
    inet_aton,
    inet_ntop,
)

import pytest

from conformance.configuration.values.settings import of_type
from conformance.datagram.udp.datagrams import IP_PKTINFO
from fixtures.stage.families import mapped, over

IP_RECVTTL = 12
TOLD = {
    "IP_RECVTTL": (IP_RECVTTL, IP_TTL, struct.pack("i", 33)),
    "IP_RECVTOS": (IP_RECVTOS, IP_TOS, b"\x28"),
}
over_mapped = over(mapped)


def both(peers, family):
    """A sender of IPv4 with a hop limit and a class of its own, and an IPv6 socket to which it sends."""
    sender = peers.socket("sender", AF_INET, SOCK_DGRAM)
    sender.setsockopt(IPPROTO_IP, IP_TTL, 33)
    sender.setsockopt(IPPROTO_IP, IP_TOS, 0x28)
    receiver = peers.datagram(family, lane="receiver")
    return sender, receiver, ("127.0.0.1", receiver.getsockname()[1])


@pytest.mark.claim("ip6.control.of-ip4-datagrams")
@pytest.mark.parametrize(("option", "message", "content"), TOLD.values(), ids=TOLD)
@over_mapped
def test_ipv6_socket_is_told_of_a_datagram_of_ipv4_as_ipv4_has_it(peers, family, option, message, content):
    sender, receiver, address = both(peers, family)
    receiver.setsockopt(IPPROTO_IP, option, 1)  # decisive

    sender.sendto(b"x", address)

    assert of_type(receiver.recvmsg(9, 200)[1], IPPROTO_IP, message) == [content]


@pytest.mark.claim("ip6.control.of-ip4-datagrams")
@over_mapped
def test_ipv6_socket_is_told_to_which_address_of_ipv4_a_datagram_came(peers, family):
    sender, receiver, address = both(peers, family)
    receiver.setsockopt(IPPROTO_IP, IP_PKTINFO, 1)  # decisive

    sender.sendto(b"x", address)

    (told,) = of_type(receiver.recvmsg(9, 200)[1], IPPROTO_IP, IP_PKTINFO)
    assert told[4:] == inet_aton("127.0.0.1") * 2


@pytest.mark.claim("ip6.pktinfo.mapped-address-told")
@over_mapped
def test_address_of_arrival_of_ipv4_is_told_as_a_mapped_one(peers, family):
    sender, receiver, address = both(peers, family)
    receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)  # decisive

    sender.sendto(b"x", address)

    (told,) = of_type(receiver.recvmsg(9, 200)[1], IPPROTO_IPV6, IPV6_PKTINFO)
    assert inet_ntop(AF_INET6, told[:16]) == "::ffff:127.0.0.1"
