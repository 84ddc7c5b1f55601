"""ip_dynaddr: a connection that is being made follows a change of the host's own address."""

import struct
from errno import EINPROGRESS
from fcntl import ioctl
from ipaddress import ip_address
from socket import AF_INET, SOCK_STREAM, inet_aton

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip4

FOLLOWS, SIOCSIFADDR = "net.ipv4.ip_dynaddr", 0x8916
PORT = 9
"""Nobody answers: the other host is on the link and does not exist."""


def beyond(host, number):
    """The host so many numbers further."""
    return str(ip_address(host) + number)


def rename(end, interface, host):
    """Gives the interface this address in place of its own (netdevice(7))."""
    ioctl(end, SIOCSIFADDR, struct.pack("16sHH4s8x", interface.encode(), AF_INET, 0, inet_aton(host)))


@pytest.mark.claim("tcp.connect.follows-the-address")
@pytest.mark.beside
@over_ip4
def test_connection_that_is_being_made_follows_a_change_of_address(peers, family, link, sysctl):
    sysctl(FOLLOWS, 1)  # decisive
    client, own = peers.socket("client", family.domain, SOCK_STREAM), link.near_host(family)
    client.setblocking(False)
    with fails(EINPROGRESS):
        client.connect((beyond(own, 50), PORT))
    assert client.getsockname()[0] == own

    rename(client, link.near_interface, beyond(own, 60))

    until(lambda: client.getsockname()[0] == beyond(own, 60), what="the socket has the new address")
