"""The checksum of datagrams, both ways (RFC 768, RFC 1122 section 4.1.3.4, RFC 8200 section 8.1, RFC 6935)."""

import sys
from errno import EAGAIN
from fcntl import ioctl
from select import POLLIN
from socket import IPPROTO_UDP, MSG_DONTWAIT, MSG_PEEK, SOCK_DGRAM, SOL_SOCKET
from termios import FIONREAD

import pytest

from conformance.network.fragments.pieces import CHECKSUM, carried, checksum_known, receiver_of
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import counted
from fixtures.evidence.waiting import readiness, ready, until
from fixtures.stage.families import ip4, ip6, over, over_ip, over_ip4

SO_NO_CHECK, UDP_NO_CHECK6_TX, UDP_NO_CHECK6_RX = 11, 101, 102
WITHOUT = {ip4: (SOL_SOCKET, SO_NO_CHECK, 1), ip6: (IPPROTO_UDP, UDP_NO_CHECK6_TX, 1)}
"""What has datagrams sent without a checksum."""


def dropped(remote, moved):
    """How many datagrams were dropped for their checksum. Where poll() finds one, Linux counts it as one of IPv4."""
    names = ["Udp.InCsumErrors", *(["Udp6.InCsumErrors"] if remote.family is ip6 else [])]
    return sum(moved[name] for name in names)


def with_checksum(remote, checksum, payload=b"first"):
    """Sends a datagram whose right checksum would be that of `pieces`, and gives its payload."""
    payload = checksum_known(remote, payload)
    remote.send("UDP", payload=payload, tcp={"chksum": checksum})
    return payload


@pytest.mark.claim("checksum.datagrams.wrong-dropped")
@pytest.mark.needs("own-counters")
@pytest.mark.parametrize("wrong", [CHECKSUM ^ 1, CHECKSUM ^ 0x100, CHECKSUM ^ 0x8000, 0xFFFF])
@over_ip
def test_datagram_with_a_wrong_checksum_is_dropped(remote, wrong):
    receiver = receiver_of(remote)

    with counted() as moved:
        with_checksum(remote, wrong)  # decisive

        remote.send("UDP", payload=b"right")
        assert receiver.recv(100) == b"right"
        assert dropped(remote, moved) == 1


@pytest.mark.claim("checksum.datagrams.wrong-dropped")
@pytest.mark.needs("own-counters")
@pytest.mark.parametrize(("room", "flags"), [(2000, 0), (10, 0), (2000, MSG_PEEK)], ids=["whole", "cut", "peeked"])
@over_ip
def test_long_datagram_with_a_wrong_checksum_is_dropped_whoever_reads_it(remote, room, flags):
    receiver = receiver_of(remote)

    with counted() as moved:
        with_checksum(remote, CHECKSUM ^ 1, bytes(range(250)) * 4)  # decisive

        remote.send("UDP", payload=b"right")
        assert receiver.recv(room, flags) == b"right"
        assert dropped(remote, moved) == 1


@pytest.mark.claim("checksum.datagrams.wrong-dropped")
@pytest.mark.needs("own-counters")
@pytest.mark.parametrize("size", [40, 400])
@over_ip
def test_datagram_with_a_wrong_checksum_is_neither_peeked_at_nor_counted(remote, size):
    receiver = receiver_of(remote)

    with counted() as moved:
        with_checksum(remote, CHECKSUM ^ 1, bytes(size))  # decisive

        until(lambda: readiness(receiver) & POLLIN or dropped(remote, moved), what="the datagram looked at")
        assert (readiness(receiver) & POLLIN, dropped(remote, moved)) == (0, 1)
    with fails(EAGAIN):
        receiver.recv(1000, MSG_PEEK | MSG_DONTWAIT)
    assert ioctl(receiver, FIONREAD, bytes(4)) == bytes(4)
    remote.send("UDP", payload=b"right")
    ready(receiver, POLLIN)
    assert int.from_bytes(ioctl(receiver, FIONREAD, bytes(4)), sys.byteorder) == 5


@pytest.mark.claim("checksum.datagrams.zero-taken")
@over_ip4
def test_datagram_without_checksum_is_taken_over_ip4(remote):
    receiver = receiver_of(remote)

    payload = with_checksum(remote, 0)  # decisive

    assert receiver.recv(100) == payload


@pytest.mark.claim("checksum.datagrams.zero-dropped")
@over(ip6)
def test_datagram_without_checksum_is_dropped_over_ip6(remote):
    receiver = receiver_of(remote)

    with_checksum(remote, 0)  # decisive

    remote.came("UDP")
    remote.send("UDP", payload=b"right")
    assert receiver.recv(100) == b"right"


@pytest.mark.claim("checksum.datagrams.zero-by-option")
@over(ip6, knowing={ip6: f"IPPROTO_UDP.{UDP_NO_CHECK6_RX}"})
def test_datagram_without_checksum_is_taken_where_the_application_permits_it(remote):
    receiver = receiver_of(remote)
    receiver.setsockopt(IPPROTO_UDP, UDP_NO_CHECK6_RX, 1)  # decisive

    payload = with_checksum(remote, 0)

    assert receiver.recv(100) == payload


def checksums(remote, packet):
    """The checksum in the header of a datagram of the kernel's, and the right one."""
    layers = packet.layers
    there = layers["UDP"].chksum
    network = layers["IPv6" if remote.family is ip6 else "IP"].copy()
    del network["UDP"].chksum
    return there, int.from_bytes(carried(network)[6:8], "big")


@pytest.mark.claim("checksum.datagrams.sent-right")
@over_ip
def test_datagram_is_sent_with_its_checksum(remote):
    sender = remote.peers.socket("sender", remote.family.domain, SOCK_DGRAM)

    sender.sendto(b"summed up", remote.address)  # decisive

    there, right = checksums(remote, remote.expect("UDP (9)"))
    assert there == right != 0


@pytest.mark.claim("checksum.datagrams.sent-without")
@over(ip4, ip6, knowing={ip6: f"IPPROTO_UDP.{UDP_NO_CHECK6_TX}"})
def test_datagram_is_sent_without_checksum_where_the_application_asks(remote):
    sender = remote.peers.socket("sender", remote.family.domain, SOCK_DGRAM)
    sender.setsockopt(*WITHOUT[remote.family])  # decisive

    sender.sendto(b"summed up", remote.address)

    there, _ = checksums(remote, remote.expect("UDP (9)"))
    assert there == 0


@pytest.mark.claim("checksum.datagrams.zero-sent-as-ones")
@over_ip
def test_checksum_that_comes_to_zero_is_sent_as_ones(remote):
    sender = remote.peers.socket("sender", remote.family.domain, SOCK_DGRAM)
    sender.sendto(bytes(2), remote.address)
    without, _ = checksums(remote, remote.expect("UDP (2)"))

    sender.sendto(without.to_bytes(2, "big"), remote.address)  # decisive

    there, _ = checksums(remote, remote.expect("UDP (2)"))
    assert there == 0xFFFF
