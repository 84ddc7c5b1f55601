"""Interfaces by name and number, and their addresses with masks: if_nametoindex(3) and getifaddrs(3)."""

import struct
from errno import ENODEV, ENXIO
from fcntl import ioctl
from socket import AF_INET, AF_INET6, SOCK_DGRAM, if_nameindex, if_nametoindex, inet_aton

import pytest

from conformance.addressing.names.interfaces import addresses, index_of, name_of
from fixtures.stage.families import over_ip, over_ip4

NOBODY, NOBODYS, SIOCSIFBRDADDR = "nobody0", 99999, 0x891A
"""netdevice(7)."""
MASKS = {"ip4": "255.255.255.0", "ip6": "ffff:ffff:ffff:ffff::"}


@pytest.mark.claim("interface.name.unknown-enodev")
def test_name_of_no_interface_has_no_number():
    told = None

    told = index_of(NOBODY)  # decisive

    assert told == (0, ENODEV)


@pytest.mark.claim("interface.number.unknown-enxio")
def test_number_of_no_interface_has_no_name():
    told = None

    told = name_of(NOBODYS)  # decisive

    assert told == (None, ENXIO)


@pytest.mark.claim("interface.number.and-back")
def test_number_and_name_of_an_interface_belong_together(link):
    index, listed = if_nametoindex(link.near_interface), []

    listed = if_nameindex()  # decisive

    assert (link.near_index, link.near_interface) in listed
    assert (index, name_of(index)) == (link.near_index, (link.near_interface, 0))


@pytest.mark.claim("interface.addresses.mask-told")
@over_ip
def test_mask_of_an_address_is_told(link, family):
    told = []

    told = addresses()  # decisive

    kind = AF_INET if family.name == "ip4" else AF_INET6
    of_link = [one for one in told if one.host == link.near_host(family)]
    assert [(one.family, one.interface, one.mask) for one in of_link] == [
        (kind, link.near_interface, MASKS[family.name])
    ]


@pytest.mark.claim("interface.addresses.broadcast-told")
@pytest.mark.needs("CAP_NET_ADMIN")
@over_ip4
def test_broadcast_address_of_an_interface_is_told(peers, link, family):
    end, broadcast = peers.socket("end", family.domain, SOCK_DGRAM), link.near_host(family).rpartition(".")[0] + ".77"
    wanted = struct.pack("16sHH4s8x", link.near_interface.encode(), AF_INET, 0, inet_aton(broadcast))

    ioctl(end, SIOCSIFBRDADDR, wanted)  # decisive

    assert [one.broadcast for one in addresses() if one.host == link.near_host(family)] == [broadcast]
