"""bind() with AF_UNSPEC: the wildcard for an IPv4 socket, and nothing else."""

import struct
from errno import EAFNOSUPPORT, EINVAL
from socket import AF_INET, AF_INET6, AF_UNSPEC, SOCK_DGRAM, SOCK_STREAM

import pytest

from conformance.addressing.addresses.raw import bind
from fixtures.evidence.expect import fails, in_addr

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
