"""AF_UNSPEC: the wildcard and an IPv4 destination for an IPv4 socket, and nothing else."""

import socket
import struct
from errno import EAFNOSUPPORT, EINVAL
from socket import AF_INET, AF_INET6, AF_UNSPEC, SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.addressing.addresses.raw import bind, sendto
from fixtures.evidence.expect import fails, in_addr
from fixtures.stage.families import ip4

kinds = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["SOCK_STREAM", "SOCK_DGRAM"])
POSIX = {EINVAL: "POSIX.1-2017, bind(), ERRORS, EINVAL"}


def unspecified(host):
    """A struct sockaddr_in of that host and port 0, whose family is AF_UNSPEC."""
    return struct.pack("=HH", AF_UNSPEC, 0) + in_addr(host) + bytes(8)


@pytest.mark.claim("ip.bind.unspecified-family-binds-the-wildcard")
@kinds
def test_wildcard_without_a_family_is_bound(peers, kind):
    end = peers.socket("end", AF_INET, kind)

    bind(end, unspecified("0.0.0.0"))  # decisive

    assert end.getsockname()[0] == "0.0.0.0"
    assert end.getsockname()[1] != 0


@pytest.mark.claim("ip.bind.unspecified-family-refused")
@kinds
def test_other_address_without_a_family_is_refused(peers, kind):
    end = peers.socket("end", AF_INET, kind)

    with fails(EAFNOSUPPORT):
        bind(end, unspecified("127.0.0.1"))  # decisive

    assert end.getsockname() == ("0.0.0.0", 0)


@pytest.mark.claim("ip.bind.unspecified-family-refused")
@pytest.mark.needs("ipv6")
@kinds
def test_ipv6_socket_is_not_bound_without_a_family(peers, kind):
    end = peers.socket("end", AF_INET6, kind)

    with fails(EAFNOSUPPORT, accepted=POSIX):
        bind(end, bytes(28))  # decisive

    assert end.getsockname()[:2] == ("::", 0)


@pytest.mark.claim("udp.send.no-family-is-ip4")
def test_datagram_to_an_address_without_a_family_arrives(peers):
    sender, receiver = peers.socket("sender", AF_INET, SOCK_DGRAM), peers.datagram(ip4, lane="receiver")
    host, port = receiver.getsockname()
    address = struct.pack("=H", AF_UNSPEC) + port.to_bytes(2, "big") + in_addr(host) + bytes(8)

    assert sendto(sender, b"x", address) == 1  # decisive

    assert receiver.recv(9) == b"x"


@pytest.mark.claim("socket.create.no-family-refused")
@kinds
def test_socket_without_a_family_is_refused(kind):
    with fails(EAFNOSUPPORT):
        socket.socket(AF_UNSPEC, kind)  # decisive
