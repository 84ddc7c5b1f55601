"""Addresses in more room than they need, and names of UNIX sockets in less."""

import os
from socket import AF_UNIX, SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.addressing.addresses.raw import bind, getpeername, getsockname, sendto, sockaddr
from conformance.lifecycle.backlog.libc import accept_into
from conformance.lifecycle.connect.calls import connect_raw
from conformance.local.unix.names import FAMILY
from conformance.stream.receiving.raw import recvfrom
from fixtures.stage.families import over_ip, unix

STORAGE = 128
"""Bytes of struct sockaddr_storage (sockaddr(3type)), which many programs pass whatever the family."""
ROOMS = pytest.mark.parametrize("room", [0, 1, 5])


def padded(family, name):
    """The address in all the room that a struct sockaddr_storage has."""
    return sockaddr(family, *name[:2]).ljust(STORAGE, b"\0")


@pytest.mark.claim("ip.address.room-behind-it-is-free")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
@over_ip
def test_address_is_bound_with_the_length_of_all_families(peers, family, kind):
    end = peers.socket("end", family.domain, kind)

    bind(end, padded(family, (family.loopback, 0)))  # decisive

    assert end.getsockname()[0] == family.loopback


@pytest.mark.claim("ip.address.room-behind-it-is-free")
@over_ip
def test_stream_is_connected_with_the_length_of_all_families(peers, family):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)

    connect_raw(client, padded(family, listener.getsockname()))  # decisive

    assert client.getpeername() == listener.getsockname()


@pytest.mark.claim("ip.address.room-behind-it-is-free")
@over_ip
def test_datagram_is_sent_with_the_length_of_all_families(peers, family):
    sender, receiver = peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")

    sendto(sender, b"data", padded(family, receiver.getsockname()))  # decisive

    assert receiver.recv(9) == b"data"


@pytest.mark.claim("unix.names.cut-and-whole-length-told")
@ROOMS
def test_names_of_both_ends_are_cut_to_the_room(peers, room):
    listener, client = (peers.socket(lane, AF_UNIX, SOCK_STREAM) for lane in ("listener", "client"))
    own, other = (b"\0" + os.urandom(8).hex().encode() for _ in range(2))
    client.bind(own)
    listener.bind(other)
    listener.listen()
    client.connect(other)
    seen = []

    seen = [getsockname(client, room=room), getpeername(client, room=room)]  # decisive

    assert seen == [((FAMILY + name)[:room], len(name) + 2) for name in (own, other)]


@pytest.mark.claim("unix.names.cut-and-whole-length-told")
@ROOMS
def test_name_of_who_connects_is_cut_to_the_room(peers, room):
    listener, client = (peers.socket(lane, AF_UNIX, SOCK_STREAM) for lane in ("listener", "client"))
    name = b"\0" + os.urandom(8).hex().encode()
    client.bind(name)  # decisive
    listener.bind(unix.address())
    listener.listen()
    client.connect(listener.getsockname())

    number, address, length = accept_into(listener, room)
    os.close(number)

    assert (address, length) == ((FAMILY + name)[:room].ljust(len(address), b"\xff"), len(name) + 2)


@pytest.mark.claim("unix.names.cut-and-whole-length-told")
@ROOMS
def test_name_of_the_sender_is_cut_to_the_room(peers, room):
    sender, receiver = (peers.datagram(unix, lane=lane) for lane in ("sender", "receiver"))
    sender.sendto(b"x", receiver.getsockname())
    seen, name = None, sender.getsockname()

    seen = recvfrom(receiver, room=room)  # decisive

    assert seen == ((FAMILY + os.fsencode(name))[:room], len(name) + 2)
