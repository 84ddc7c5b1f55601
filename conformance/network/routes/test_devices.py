"""SO_BINDTODEVICE and SO_BINDTOIFINDEX: sockets of one interface."""

from errno import EINVAL, ENODEV, EPERM
from socket import SO_BINDTODEVICE, SOCK_DGRAM, SOL_SOCKET, if_nametoindex

import pytest

from conformance.configuration.values.settings import unprivileged
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip
from fixtures.stage.rtnetlink import Routes

SO_BINDTOIFINDEX = 62
NOBODYS = b"nosuch0"
ROOM = 16
"""IFNAMSIZ of linux/if.h."""


def by_name(end, interface):
    """Binds the socket to an interface by its name."""
    end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, interface.encode())


def by_index(end, interface):
    """Binds the socket to an interface by its index."""
    end.setsockopt(SOL_SOCKET, SO_BINDTOIFINDEX, if_nametoindex(interface))


by_number = pytest.param(
    by_index, id="SO_BINDTOIFINDEX", marks=pytest.mark.needs(f"option:SOL_SOCKET.{SO_BINDTOIFINDEX}")
)
binders = pytest.mark.parametrize("binding", [pytest.param(by_name, id="SO_BINDTODEVICE"), by_number])


@pytest.mark.claim("ip.device.receives-from-there-only")
@binders
@over_ip
def test_only_what_comes_by_the_interface_is_received(peers, family, link, binding):
    receiver = peers.datagram(family, lane="receiver", host=family.wildcard)
    binding(receiver, link.near_interface)  # decisive
    port = receiver.getsockname()[1]

    peers.socket("inside", family.domain, SOCK_DGRAM).sendto(b"by loopback", (family.loopback, port))
    with link.far.entered():
        peers.socket("outside", family.domain, SOCK_DGRAM).sendto(b"by the link", (link.near_host(family), port))

    assert receiver.recv(99) == b"by the link"


@pytest.mark.claim("ip.device.sends-there")
@binders
@over_ip
def test_what_is_sent_leaves_by_the_interface_whatever_the_routes_say(peers, family, link, binding):
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    with Routes() as routes:
        routes.lead(if_nametoindex("lo"), link.far_host(family))
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    binding(end, link.near_interface)  # decisive

    end.sendto(b"by the link", receiver.getsockname())

    assert receiver.recv(99) == b"by the link"


@pytest.mark.claim("ip.device.reads-back")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_BINDTOIFINDEX}")
@binders
@over_ip
def test_interface_reads_back_by_name_and_by_index(peers, family, binding):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    assert end.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, ROOM) == b""

    binding(end, "lo")  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, ROOM).rstrip(b"\0") == b"lo"
    assert end.getsockopt(SOL_SOCKET, SO_BINDTOIFINDEX) == if_nametoindex("lo")


@pytest.mark.claim("ip.device.room-for-a-name")
@over_ip
def test_name_of_the_interface_needs_room_for_any_name(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    by_name(end, "lo")

    with fails(EINVAL):
        end.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, ROOM - 1)  # decisive


@pytest.mark.claim("ip.device.empty-name-clears")
@pytest.mark.needs("CAP_NET_RAW")
@pytest.mark.parametrize("name", [b"", b"\0"], ids=["of-no-length", "null"])
@over_ip
def test_empty_name_takes_the_interface_away(peers, family, name):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    by_name(end, "lo")

    end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, name)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, ROOM) == b""


@pytest.mark.claim("ip.device.unknown-enodev")
@over_ip
def test_interface_that_does_not_exist_is_refused(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENODEV):
        end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, NOBODYS)  # decisive


@pytest.mark.claim("ip.device.change-needs-privilege")
@over_ip
def test_interface_cannot_be_changed_without_privilege(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)
    by_name(end, "lo")

    with fails(EPERM):
        unprivileged(lambda: end.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b""))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, ROOM).rstrip(b"\0") == b"lo"
