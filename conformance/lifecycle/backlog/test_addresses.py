"""The address that accept() writes, and the length that it takes and gives."""

import os
import sys
from socket import AF_UNIX, SOCK_SEQPACKET

import pytest

from conformance.lifecycle.backlog.libc import accept_into, accept_nameless
from conformance.lifecycle.connect.calls import sockaddr
from fixtures.stage.families import over_ip, over_streams, over_unix, unix


@pytest.mark.claim("stream.accept.length-is-returned")
@pytest.mark.parametrize("room", [0, 4, 64])
@over_ip
def test_address_is_cut_and_its_whole_length_told(peers, family, room):
    listener = peers.listener(family)
    client = peers.connecting(family, listener.getsockname())
    whole = sockaddr(family, client.getsockname())
    given = 0 if room else 1
    given = room  # decisive

    number, address, length = accept_into(listener, given)
    os.close(number)

    assert length == len(whole)
    written = min(room, len(whole))
    assert address[:written] == whole[:written]
    assert address[written:] == b"\xff" * (len(address) - written)


@pytest.mark.claim("stream.accept.length-alone-is-not-used")
@over_streams
def test_length_without_an_address_is_not_used(peers, family):
    listener = peers.listener(family)
    peers.connecting(family, listener.getsockname())
    length = None

    length = accept_nameless(listener, 5)  # decisive

    assert length == 5


@pytest.mark.claim("stream.accept.addresses")
def test_accept_of_records_gives_the_address_of_the_client(peers):
    listener, client = (peers.socket(lane, AF_UNIX, SOCK_SEQPACKET) for lane in ("listener", "client"))
    for end in (listener, client):
        end.bind(unix.address())
    listener.listen()
    client.connect(listener.getsockname())  # decisive

    server, address = listener.accept()

    peers.adopt(server)
    assert address == client.getsockname() == server.getpeername()
    assert server.getsockname() == listener.getsockname() == client.getpeername()


@pytest.mark.claim("unix.accept.unnamed-client-is-its-family")
@over_unix
def test_client_without_a_name_is_told_by_its_family_alone(peers, family):
    listener = peers.listener(family)
    peers.connecting(family, listener.getsockname())
    told = None

    told = accept_into(listener, 64)  # decisive

    number, address, length = told
    os.close(number)
    assert (address[:2], length) == (AF_UNIX.to_bytes(2, sys.byteorder), 2)
