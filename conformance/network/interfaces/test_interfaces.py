"""What the ioctls of netdevice(7) tell of an interface, held against what sockets and packets say of it."""

import socket
import struct
from errno import EACCES, ENETUNREACH, ENODEV, ENOTTY, EOPNOTSUPP, EPERM
from socket import AF_INET, AF_INET6, AF_PACKET, AF_UNIX, IPPROTO_IP, SOCK_DGRAM, SOCK_RAW

import pytest

from conformance.network.interfaces.asking import (
    ARPHRD_ETHER,
    ARPHRD_LOOPBACK,
    IFF_BROADCAST,
    IFF_LOOPBACK,
    IFF_MULTICAST,
    IFF_RUNNING,
    IFF_UP,
    REQUEST,
    SIOCGIFADDR,
    SIOCGIFBRDADDR,
    SIOCGIFHWADDR,
    SIOCGIFINDEX,
    SIOCGIFMETRIC,
    SIOCGIFMTU,
    SIOCGIFNETMASK,
    SIOCGIFTXQLEN,
    SIOCSIFADDR,
    SIOCSIFBRDADDR,
    SIOCSIFFLAGS,
    SIOCSIFMETRIC,
    SIOCSIFMTU,
    SIOCSIFNETMASK,
    SIOCSIFTXQLEN,
    Listed,
    address,
    asked,
    flags,
    inet,
    listed,
    name_of,
    number,
    size_needed,
)
from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import ip4

IP_MTU = 14
NOBODYS = 9999
"""An index that no interface has."""
any_family = pytest.mark.parametrize("domain", [AF_INET, AF_INET6, AF_UNIX], ids=["ip4", "ip6", "unix"])
"""Runs a scenario once for a socket of each family: any may be asked."""


@pytest.fixture
def end(peers):
    """A socket to ask by."""
    return peers.socket("end", AF_INET, SOCK_DGRAM)


@pytest.mark.claim("interface.index.by-name")
@any_family
def test_index_and_name_lead_to_each_other(peers, link, domain):
    asking = peers.socket("end", domain, SOCK_DGRAM)
    known, index = {name: index for index, name in socket.if_nameindex()}, None

    index = number(asking, SIOCGIFINDEX, link.near_interface)  # decisive

    assert index == known[link.near_interface]
    assert name_of(asking, known[link.near_interface]) == link.near_interface
    assert name_of(asking, known["lo"]) == "lo"


@pytest.mark.claim("interface.index.nobody")
@any_family
def test_interface_that_is_not_there_cannot_be_asked(peers, domain):
    asking = peers.socket("end", domain, SOCK_DGRAM)

    with fails(ENODEV):
        number(asking, SIOCGIFINDEX, "nobody0")  # decisive
    with fails(ENODEV):
        name_of(asking, NOBODYS)
    with fails(ENODEV):
        flags(asking, "nobody0")


@pytest.mark.claim("interface.flags.of-its-kind")
def test_flags_tell_loopback_from_a_link(end, link):
    loop = near = 0

    loop, near = flags(end, "lo"), flags(end, link.near_interface)  # decisive

    assert loop & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_BROADCAST) == IFF_UP | IFF_LOOPBACK | IFF_RUNNING
    assert near & (IFF_UP | IFF_RUNNING | IFF_LOOPBACK) == IFF_UP | IFF_RUNNING
    assert near & IFF_BROADCAST
    assert near & IFF_MULTICAST


@pytest.mark.claim("interface.flags.down-carries-nothing")
def test_interface_that_is_set_down_is_told_so_and_carries_nothing(end, link):
    up = flags(end, link.near_interface)

    asked(end, SIOCSIFFLAGS, link.near_interface, struct.pack("H", up & ~IFF_UP))  # decisive

    assert flags(end, link.near_interface) & (IFF_UP | IFF_RUNNING) == 0
    with fails(ENETUNREACH):
        end.sendto(b"x", (link.far_host(ip4), 9))


@pytest.mark.claim("interface.address.as-set")
def test_address_that_is_set_is_told_and_can_be_bound(end, peers, link):
    asked(end, SIOCSIFADDR, link.near_interface, inet("10.99.8.7"))  # decisive

    assert address(end, SIOCGIFADDR, link.near_interface) == "10.99.8.7"
    assert address(end, SIOCGIFADDR, "lo") == "127.0.0.1"
    peers.datagram(ip4, lane="bound", host="10.99.8.7")


@pytest.mark.claim("interface.address.by-sockets-of-ip4")
@pytest.mark.parametrize("domain", [AF_INET6, AF_UNIX], ids=["ip6", "unix"])
@pytest.mark.parametrize("request_", [SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR], ids=["host", "mask", "all"])
def test_addresses_are_asked_for_by_sockets_of_ip4(end, peers, domain, request_):
    other = peers.socket("other", domain, SOCK_DGRAM)
    address(end, request_, "lo")

    with fails(ENOTTY):
        address(other, request_, "lo")  # decisive


@pytest.mark.claim("interface.netmask.as-set")
def test_network_is_as_large_as_the_mask_says(end, link):
    assert address(end, SIOCGIFNETMASK, "lo") == "255.0.0.0"
    asked(end, SIOCSIFADDR, link.near_interface, inet("10.99.8.7"))

    asked(end, SIOCSIFNETMASK, link.near_interface, inet("255.255.255.0"))  # decisive

    assert address(end, SIOCGIFNETMASK, link.near_interface) == "255.255.255.0"
    end.connect(("10.99.8.99", 9))
    with fails(ENETUNREACH):
        end.connect(("10.99.9.99", 9))


@pytest.mark.claim("interface.broadcast.as-set")
def test_address_of_broadcasts_is_told_and_needs_permission(end, link):
    asked(end, SIOCSIFADDR, link.near_interface, inet("10.99.8.7"))

    asked(end, SIOCSIFBRDADDR, link.near_interface, inet("10.99.8.200"))  # decisive

    assert address(end, SIOCGIFBRDADDR, link.near_interface) == "10.99.8.200"
    with fails(EACCES):
        end.connect(("10.99.8.200", 9))


@pytest.mark.claim("interface.mtu.as-set")
def test_size_that_is_set_is_told_and_is_that_of_paths(end, link):
    asked(end, SIOCSIFMTU, link.near_interface, struct.pack("i", 1300))  # decisive

    assert number(end, SIOCGIFMTU, link.near_interface) == 1300
    end.connect((link.far_host(ip4), 9))
    assert end.getsockopt(IPPROTO_IP, IP_MTU) == 1300


@pytest.mark.claim("interface.hardware.address-and-type")
@pytest.mark.needs("CAP_NET_RAW")
def test_hardware_address_is_that_which_packet_sockets_know(end, peers, link):
    near, loop = (peers.socket(lane, AF_PACKET, SOCK_RAW) for lane in ("near", "loop"))
    kind, hardware = 0, b""
    near.bind((link.near_interface, 0))
    loop.bind(("lo", 0))

    kind, hardware = struct.unpack_from("H6s", asked(end, SIOCGIFHWADDR, link.near_interface))  # decisive

    assert (ARPHRD_ETHER, near.getsockname()[4].hex(":")) == (kind, hardware.hex(":"))
    assert struct.unpack_from("H6s", asked(end, SIOCGIFHWADDR, "lo")) == (ARPHRD_LOOPBACK, bytes(6))


@pytest.mark.claim("interface.metric.none")
def test_metric_is_zero_and_cannot_be_set(end, link):
    assert number(end, SIOCGIFMETRIC, link.near_interface) == 0
    with fails(EOPNOTSUPP):
        asked(end, SIOCSIFMETRIC, link.near_interface, struct.pack("i", 2))  # decisive


@pytest.mark.claim("interface.queue.as-set")
def test_length_of_the_queue_is_as_set(end, link):
    asked(end, SIOCSIFTXQLEN, link.near_interface, struct.pack("i", 77))  # decisive

    assert number(end, SIOCGIFTXQLEN, link.near_interface) == 77


@pytest.mark.claim("interface.list.of-addresses")
def test_list_has_every_interface_with_an_address(end, link):
    needed, size, found = size_needed(end), 0, []

    size, found = listed(end, needed + REQUEST)  # decisive

    assert size == needed == REQUEST * len(found)
    assert sorted(found) == [Listed("lo", "127.0.0.1"), Listed(link.near_interface, link.near_host(ip4))]


@pytest.mark.claim("interface.list.what-fits")
def test_list_gives_what_fits_without_an_error(end, link):
    _, every = listed(end, size_needed(end))
    size, found = 0, []

    size, found = listed(end, REQUEST + REQUEST // 2)  # decisive

    assert size == REQUEST
    assert found[0] in every  # netdevice(7) has no order


SETTING = {
    "flags": (SIOCSIFFLAGS, struct.pack("H", IFF_UP)),
    "address": (SIOCSIFADDR, inet("10.99.8.7")),
    "netmask": (SIOCSIFNETMASK, inet("255.0.0.0")),
    "broadcast": (SIOCSIFBRDADDR, inet("10.99.8.200")),
    "mtu": (SIOCSIFMTU, struct.pack("i", 1300)),
    "queue": (SIOCSIFTXQLEN, struct.pack("i", 77)),
}


@pytest.mark.claim("interface.settings.need-privilege")
@pytest.mark.parametrize("setting", SETTING)
def test_setting_needs_privilege_and_asking_none(end, link, setting):
    request, value = SETTING[setting]

    def try_it():
        give_up_capabilities()
        with fails(EPERM):
            asked(end, request, link.near_interface, value)  # decisive
        return flags(end, link.near_interface), address(end, SIOCGIFADDR, link.near_interface)

    up, host = in_child(try_it).value
    assert up & IFF_UP
    assert host == link.near_host(ip4)
