"""Names of sockets that have no ports of TCP or UDP, and the bytes of a name that mean nothing."""

import socket
from errno import ENOTCONN, EOPNOTSUPP
from os import getegid
from socket import AF_PACKET, SOCK_RAW

import pytest

from conformance.addressing.addresses.raw import getpeername, getsockname
from conformance.network.packets.frames import UNSPOKEN
from conformance.network.packets.frames import receiver as packet_socket
from conformance.network.ping.echoes import permit, ping_socket
from conformance.network.raw.headers import raw
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_ip4

LOOPBACK_HARDWARE = 772
"""ARPHRD_LOOPBACK (linux/if_arp.h)."""
IDENTIFIER, PORT = 4321, 7
needs_raw = pytest.mark.needs("CAP_NET_RAW")


@pytest.mark.claim("packet.names.as-bound")
@needs_raw
def test_name_of_a_packet_socket_tells_of_its_interface(peers):
    end, told = packet_socket(peers), None

    told = end.getsockname()  # decisive

    assert told == ("lo", UNSPOKEN, 0, LOOPBACK_HARDWARE, bytes(6))


@pytest.mark.claim("packet.names.unbound-has-no-interface")
@needs_raw
def test_name_of_a_packet_socket_that_is_not_bound_has_no_interface(peers):
    end, told = peers.socket("end", AF_PACKET, SOCK_RAW, 0), [None] * 5

    told = end.getsockname()  # decisive

    assert (told[0], told[1], told[4]) == ("", 0, b"")


@pytest.mark.claim("packet.names.no-peer")
@needs_raw
def test_packet_socket_has_no_peer(peers):
    end = packet_socket(peers)

    with fails(EOPNOTSUPP):
        end.getpeername()  # decisive


@pytest.mark.claim("ping.names.as-bound")
@pytest.mark.needs("namespace")
@over_ip
def test_name_of_a_ping_socket_has_its_identifier(peers, family, namespace):
    permit(namespace, getegid())
    end = ping_socket(peers, family)

    end.bind((family.loopback, IDENTIFIER))  # decisive

    assert end.getsockname()[:2] == (family.loopback, IDENTIFIER)


@pytest.mark.claim("ping.names.peer-as-connected")
@pytest.mark.needs("namespace")
@over_ip
def test_peer_of_a_ping_socket_is_as_it_was_named(peers, family, namespace):
    permit(namespace, getegid())
    end = ping_socket(peers, family)
    with fails(ENOTCONN):
        end.getpeername()

    end.connect((family.loopback, PORT))  # decisive

    assert end.getpeername()[:2] == (family.loopback, PORT)


@pytest.mark.claim("raw.names.protocol-as-port")
@needs_raw
@over_ip
def test_name_of_a_raw_socket_has_its_protocol_for_a_port(peers, family):
    end = raw(peers, family, 200)

    end.bind((family.loopback, 0))  # decisive

    assert end.getsockname()[:2] == (family.loopback, 200)


@pytest.mark.claim("raw.names.peer-needs-a-port")
@needs_raw
@over_ip4
def test_peer_of_a_raw_socket_is_told_where_it_has_a_port(peers, family):
    end = raw(peers, family)
    end.connect((family.loopback, 0))
    with fails(ENOTCONN):
        end.getpeername()

    end.connect((family.loopback, PORT))  # decisive

    assert end.getpeername() == (family.loopback, PORT)


@pytest.mark.claim("ip.names.rest-is-zero")
@pytest.mark.parametrize("asked", [getsockname, getpeername], ids=["getsockname", "getpeername"])
@over_ip4
def test_bytes_behind_the_address_are_zero(peers, family, asked):
    client, _ = peers.pair(family)
    name, length = b"", 0

    name, length = asked(client)  # decisive

    assert (name[8:16], length) == (bytes(8), 16)
    assert socket.inet_ntoa(name[4:8]) == family.loopback
