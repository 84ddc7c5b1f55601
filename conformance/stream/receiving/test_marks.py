"""Urgent data of TCP: what is discarded and counted of it, and where its mark stands."""

import sys
from errno import EINVAL, ENOTTY
from fcntl import ioctl
from socket import MSG_OOB, MSG_TRUNC, SO_OOBINLINE, SOCK_DGRAM, SOL_SOCKET
from termios import FIONREAD

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.usefixtures("bsd_urgent")

SIOCATMARK, SIOCOUTQ, POLLPRI = 0x8905, 0x5411, 2
OTHERS = {EINVAL: "tcp(7), Ioctls, SIOCATMARK", ENOTTY: "Linux net/socket.c sock_do_ioctl()"}


def unread(end):
    """The bytes that FIONREAD counts."""
    return int.from_bytes(ioctl(end, FIONREAD, bytes(4)), sys.byteorder)


def unsent(end):
    """The bytes that SIOCOUTQ counts."""
    return int.from_bytes(ioctl(end, SIOCOUTQ, bytes(4)), sys.byteorder)


@pytest.mark.claim("tcp.urgent.trunc-discards")
@over_ip
def test_urgent_byte_is_discarded(stream_pair):
    client, server = stream_pair
    client.send(b"U", MSG_OOB)
    ready(server, POLLPRI)
    room, told = bytearray(b"?"), None

    told = server.recv_into(room, 1, MSG_OOB | MSG_TRUNC)  # decisive

    assert (told, room) == (1, b"?")


@pytest.mark.claim("tcp.urgent.counted-up-to")
@pytest.mark.parametrize(("inline", "count"), [(0, 2), (1, 5)], ids=["beside", "inline"])
@over_ip
def test_bytes_before_the_urgent_one_are_counted(stream_pair, inline, count):
    client, server = stream_pair
    server.setsockopt(SOL_SOCKET, SO_OOBINLINE, inline)
    client.send(b"ab")
    client.send(b"U", MSG_OOB)  # decisive
    ready(server, POLLPRI)

    client.send(b"cd")
    until(lambda: unsent(client) == 0, what="everything to be acknowledged")

    assert unread(server) == count


@pytest.mark.claim("datagram.urgent.no-mark")
@over_ip
def test_datagram_socket_has_no_mark(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EINVAL, accepted=OTHERS):
        ioctl(end, SIOCATMARK, bytes(4))  # decisive


@pytest.mark.claim("tcp.urgent.standard-pointer")
@over_ip
def test_pointer_of_the_standard_names_the_byte_behind(peers, family, sysctl):
    sysctl("net.ipv4.tcp_stdurg", 1)  # decisive
    client, server = peers.pair(family)
    client.send(b"abU", MSG_OOB)
    assert server.recv(9) == b"abU"

    client.send(b"X")

    ready(server, POLLPRI)
    assert server.recv(9, MSG_OOB) == b"X"
