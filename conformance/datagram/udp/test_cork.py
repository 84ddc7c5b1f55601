"""UDP_CORK joins what is sent, and SIOCOUTQ counts what waits."""

import struct
import sys
from errno import EMSGSIZE
from fcntl import ioctl
from select import POLLIN
from socket import IP_TTL, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, IPV6_HOPLIMIT, MSG_MORE, SOCK_DGRAM

import pytest

from conformance.datagram.udp.datagrams import all_came_through, ends
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness
from fixtures.stage.families import over_ip

UDP_CORK, SIOCOUTQ = 1, 0x5411
"""linux/udp.h, linux/sockios.h."""
pytestmark = pytest.mark.needs(f"option:IPPROTO_UDP.{UDP_CORK}")
HOPS = {"ip4": (IPPROTO_IP, IP_TTL), "ip6": (IPPROTO_IPV6, IPV6_HOPLIMIT)}
"""Control messages."""
NOBODYS = {"ip4": "10.77.0.99", "ip6": "fd77::99"}
"""Addresses on the link that nobody has."""


@pytest.mark.claim("udp.cork.joins")
@over_ip
def test_what_is_sent_under_the_option_is_one_datagram(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    sender.setsockopt(IPPROTO_UDP, UDP_CORK, 1)  # decisive
    sender.send(b"one ")
    sender.send(b"datagram")

    sender.setsockopt(IPPROTO_UDP, UDP_CORK, 0)

    assert receiver.recv(99) == b"one datagram"


@pytest.mark.claim("udp.cork.messages-of-the-first")
@over_ip
def test_hops_of_a_control_message_are_those_of_the_joined_datagram(peers, family, wire):
    sender, receiver = ends(peers, family)
    hops = [(*HOPS[family.name], struct.pack("i", 7))]

    sender.sendmsg([b"one "], hops, MSG_MORE, receiver.getsockname())  # decisive
    sender.sendto(b"datagram", receiver.getsockname())

    wire.expect("sender > receiver UDP (12) ttl 7")


@pytest.mark.claim("udp.cork.closed-is-lost")
@over_ip
def test_what_waits_is_lost_when_the_socket_is_closed(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    sender.setsockopt(IPPROTO_UDP, UDP_CORK, 1)  # decisive
    sender.send(b"waits")

    sender.close()
    all_came_through(peers, family)

    assert readiness(receiver, POLLIN) == 0


@pytest.mark.claim("udp.cork.too-much-loses-all")
@over_ip
def test_more_than_a_datagram_holds_loses_what_waits(peers, family):
    sender, receiver = ends(peers, family)
    sender.connect(receiver.getsockname())
    sender.setsockopt(IPPROTO_UDP, UDP_CORK, 1)
    sender.send(bytes(40000))

    with fails(EMSGSIZE):
        sender.send(bytes(40000))  # decisive

    sender.setsockopt(IPPROTO_UDP, UDP_CORK, 0)
    sender.send(b"behind")
    assert receiver.recv(50000) == b"behind"


@pytest.mark.claim("udp.count.siocoutq-counts-what-waits")
@over_ip
def test_bytes_that_wait_to_be_sent_are_counted(peers, family, link):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    before = ioctl(end, SIOCOUTQ, bytes(4))

    end.sendto(b"to nobody", (NOBODYS[family.name], 9))  # decisive

    assert before == bytes(4)
    assert int.from_bytes(ioctl(end, SIOCOUTQ, bytes(4)), sys.byteorder) > 0
