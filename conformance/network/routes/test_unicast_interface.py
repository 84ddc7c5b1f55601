"""IP_UNICAST_IF and IPV6_UNICAST_IF: the interface by which datagrams leave, and no more."""

import struct
from errno import EADDRNOTAVAIL, EINVAL
from socket import IPPROTO_IP, IPPROTO_IPV6, SO_BINDTODEVICE, SOCK_DGRAM, SOL_SOCKET, if_nametoindex

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip
from fixtures.stage.rtnetlink import Routes

SO_BINDTOIFINDEX = 62
UNICAST_IF = {"ip4": (IPPROTO_IP, 50), "ip6": (IPPROTO_IPV6, 76)}
"""linux/in.h, linux/in6.h."""
NOBODYS = 9999
pytestmark = pytest.mark.needs(f"option:IPPROTO_IP.{UNICAST_IF['ip4'][1]}")


def index(number):
    """The number of an interface, in the order of the network, as the option has it."""
    return struct.pack("!I", number)


@pytest.mark.claim("ip.unicast-if.sends-there")
@over_ip
def test_datagram_leaves_by_the_interface_whatever_the_routes_say(peers, family, link):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    with Routes() as routes:
        routes.lead(if_nametoindex("lo"), link.far_host(family))
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(*UNICAST_IF[family.name], index(if_nametoindex(link.near_interface)))  # decisive

    end.sendto(b"by the link", receiver.getsockname())

    assert receiver.recv(99) == b"by the link"


@pytest.mark.claim("ip.unicast-if.receives-from-anywhere")
@over_ip
def test_datagram_is_received_from_another_interface(peers, family, link):
    receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
    receiver.setsockopt(*UNICAST_IF[family.name], index(if_nametoindex(link.near_interface)))
    to = (family.loopback, receiver.getsockname()[1])

    peers.socket("sender", family.domain, SOCK_DGRAM).sendto(b"by loopback", to)  # decisive

    assert receiver.getsockopt(SOL_SOCKET, SO_BINDTOIFINDEX) == 0
    assert receiver.recv(99) == b"by loopback"


@pytest.mark.claim("ip.unicast-if.reads-back")
@over_ip
def test_interface_reads_back_in_the_order_of_the_network(peers, family):
    end, lo = peers.socket("end", family.domain, SOCK_DGRAM), index(if_nametoindex("lo"))
    assert end.getsockopt(*UNICAST_IF[family.name], 4) == index(0)

    end.setsockopt(*UNICAST_IF[family.name], lo)  # decisive

    assert end.getsockopt(*UNICAST_IF[family.name], 4) == lo


@pytest.mark.claim("ip.unicast-if.zero-clears")
@over_ip
def test_zero_takes_the_interface_away(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(*UNICAST_IF[family.name], index(if_nametoindex("lo")))

    end.setsockopt(*UNICAST_IF[family.name], index(0))  # decisive

    assert end.getsockopt(*UNICAST_IF[family.name], 4) == index(0)


@pytest.mark.claim("ip.unicast-if.unknown-refused")
@over_ip
def test_interface_that_is_not_there_is_refused(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EADDRNOTAVAIL):
        end.setsockopt(*UNICAST_IF[family.name], index(NOBODYS))  # decisive

    assert end.getsockopt(*UNICAST_IF[family.name], 4) == index(0)


@pytest.mark.claim("ip.unicast-if.not-another-than-the-device")
@over_ip
def test_interface_other_than_that_of_the_device_is_refused(peers, family, link):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b"lo")

    with fails(EINVAL):
        end.setsockopt(*UNICAST_IF[family.name], index(if_nametoindex(link.near_interface)))  # decisive
