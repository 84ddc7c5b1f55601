"""The names of both ends: what getsockname() and getpeername() tell, when, and in how much room."""

from errno import ENOTCONN
from os import fsencode, urandom
from select import POLLIN
from socket import AF_UNIX, SO_LINGER, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socketpair
from sys import byteorder

import pytest

from conformance.addressing.addresses.places import binds, connects, ephemeral
from conformance.addressing.addresses.raw import getpeername, getsockname, sockaddr
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip, over_ip_and_mapped, over_streams

FAMILY_ONLY = 2
"""Bytes of sun_family, all that an unnamed UNIX socket has for a name (unix(7))."""


@pytest.mark.claim("ip.names.both-ends-agree")
@over_ip_and_mapped
def test_each_end_names_the_other(stream_pair, wire):
    client, server = stream_pair

    names = None
    names = client.getsockname(), server.getsockname()  # decisive

    assert names == (server.getpeername(), client.getpeername())
    assert client.getsockname() != server.getsockname()
    syn = wire.expect("client > server SYN")
    assert (syn.source, syn.destination) == ("client", "server")


@pytest.mark.claim("ip.names.unbound-is-zero")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
@over_ip
def test_unbound_socket_has_the_wildcard_for_a_name(peers, family, kind):
    end = peers.socket("end", family.domain, kind)
    before = end.getsockname()[:2]

    end.bind(family.address())  # decisive

    assert before == (family.wildcard, 0)
    assert end.getsockname()[0] == family.loopback
    assert end.getsockname()[1] != 0


@pytest.mark.claim("ip.names.port-in-range")
@pytest.mark.parametrize("naming", [binds, connects])
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
@over_ip
def test_kernel_chooses_a_port_of_the_range(peers, family, kind, naming):
    listener = peers.listener(family)
    end = peers.socket("end", family.domain, kind)

    name = ("", 0)
    name = naming(end, family, listener.getsockname())  # decisive

    assert name[0] == family.loopback
    assert name[1] in ephemeral()


@pytest.mark.claim("ip.names.connect-takes-a-port")
@over_ip
def test_client_needs_no_bind(peers, wire, family):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    unnamed = client.getsockname()

    client.connect(listener.getsockname())  # decisive

    assert unnamed[1] == 0
    server = peers.accepting(listener)
    assert client.getsockname()[0] == family.loopback
    assert server.getpeername() == client.getsockname()
    assert client.getsockname()[1] != 0
    wire.expect("client > * SYN")


@pytest.mark.claim("ip.names.sendto-takes-a-port")
@over_ip
def test_datagram_sender_needs_no_bind(peers, wire, family):
    receiver = peers.datagram(family, lane="receiver")
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    sender.sendto(b"from whom", receiver.getsockname())  # decisive

    _, source = receiver.recvfrom(100)
    assert source[1] == sender.getsockname()[1] != 0
    wire.expect("sender > receiver UDP (9)")


@pytest.mark.claim("udp.names.sendto-leaves-the-wildcard")
@over_ip
def test_datagram_sender_keeps_the_wildcard(peers, family):
    receiver = peers.datagram(family, lane="receiver")
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    sender.sendto(b"from anywhere", receiver.getsockname())  # decisive

    assert sender.getsockname()[0] == family.wildcard
    assert sender.getsockname()[1] != 0


@pytest.mark.claim("socket.names.unconnected-has-no-peer")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
@over_streams
def test_unconnected_socket_has_no_peer(peers, family, kind):
    end = peers.socket("end", family.domain, kind)
    end.bind(family.address())

    with fails(ENOTCONN):
        end.getpeername()  # decisive


@pytest.mark.claim("udp.names.only-who-connects-knows")
@over_ip
def test_peer_of_a_connected_datagram_socket_does_not_know_it(peers, family):
    receiver = peers.datagram(family, lane="receiver")
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    sender.connect(receiver.getsockname())  # decisive

    assert sender.getpeername() == receiver.getsockname()
    with fails(ENOTCONN):
        receiver.getpeername()


@pytest.mark.claim("tcp.names.reset-ends-the-peer")
@over_ip
def test_reset_connection_has_no_peer(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    client.close()
    ready(server, POLLIN)

    with fails(ENOTCONN):
        server.getpeername()

    assert server.getsockname()[1] != 0


@pytest.mark.claim("tcp.names.fin-leaves-the-peer")
@over_ip
def test_peer_that_has_finished_is_still_named(stream_pair):
    client, server = stream_pair
    name = client.getsockname()
    client.close()  # decisive

    ready(server, POLLIN)

    assert server.recv(1) == b""
    assert server.getpeername() == name


@pytest.mark.claim("socket.names.too-little-room")
@pytest.mark.parametrize("call", [getsockname, getpeername])
@pytest.mark.parametrize("room", [0, 2, 4, 8])
@over_ip
def test_name_is_cut_to_the_room_and_its_length_told(stream_pair, family, call, room):
    client, _ = stream_pair
    whole, length = call(client)

    cut, told = b"", 0
    cut, told = call(client, room=room)  # decisive

    assert cut == whole[:room]
    assert told == length == len(sockaddr(family, family.loopback))


@pytest.mark.claim("ip.names.port-in-network-order")
@over_ip
def test_name_has_port_and_address_in_network_byte_order(peers, family):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.connect(listener.getsockname())
    host, port = client.getpeername()[:2]

    name, _ = b"", 0
    name, _ = getsockname(listener)  # decisive

    assert name == sockaddr(family, host, port)
    assert name[2:4] == port.to_bytes(2, "big")


@pytest.mark.claim("unix.names.unnamed-is-the-family")
@pytest.mark.parametrize("call", [getsockname, getpeername])
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
def test_unnamed_unix_socket_has_only_a_family(call, kind):
    one, other = socketpair(AF_UNIX, kind)
    with one, other:
        name, length = b"", 0
        name, length = call(one)  # decisive

    assert (int.from_bytes(name, byteorder), length) == (AF_UNIX, FAMILY_ONLY)


@pytest.mark.claim("unix.names.as-bound")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
def test_unix_socket_has_the_path_that_it_was_bound_to(peers, kind, folder, monkeypatch):
    monkeypatch.chdir(folder)
    end = peers.socket("end", AF_UNIX, kind)

    end.bind("name")  # decisive

    name, length = getsockname(end)
    assert end.getsockname() == "name"
    assert length == FAMILY_ONLY + len("name") + 1
    assert name[FAMILY_ONLY:] == fsencode("name") + b"\0"


@pytest.mark.claim("unix.names.abstract-length-counts")
def test_abstract_name_is_as_long_as_it_was_bound(peers):
    end = peers.socket("end", AF_UNIX, SOCK_DGRAM)
    end.bind("")

    name, length = b"", 0
    name, length = getsockname(end)  # decisive

    assert name[FAMILY_ONLY:] == end.getsockname()
    assert length == FAMILY_ONLY + 1 + 5


@pytest.mark.claim("unix.names.abstract-length-counts")
@pytest.mark.parametrize("rest", [b"", b"\0", b"\0zero inside\0"], ids=["none", "null", "nulls"])
def test_null_bytes_of_an_abstract_name_count(peers, rest):
    end, chosen = peers.socket("end", AF_UNIX, SOCK_DGRAM), b"\0" + urandom(8) + rest
    end.bind(chosen)

    name, length = b"", 0
    name, length = getsockname(end)  # decisive

    assert (name[FAMILY_ONLY:], length) == (chosen, FAMILY_ONLY + len(chosen))
