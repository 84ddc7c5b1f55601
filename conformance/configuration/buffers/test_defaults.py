"""Which setting gives a new socket its buffer sizes."""

from socket import SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from fixtures.stage.families import over_ip, over_streams
from fixtures.stage.sysctls import read_sysctl

pytestmark = pytest.mark.unwatched  # what it looks at would be another with a capture beside it

OWN = 45678


@pytest.mark.claim("datagram.buffers.default-from-core-defaults")
@over_streams
def test_datagram_socket_has_the_sizes_of_rmem_default_and_wmem_default(peers, family):
    expected = [int(read_sysctl(f"net.core.{name}")) for name in ("rmem_default", "wmem_default")]
    end, sizes = peers.socket("client", family.domain, SOCK_DGRAM), []

    sizes += [end.getsockopt(SOL_SOCKET, SO_RCVBUF), end.getsockopt(SOL_SOCKET, SO_SNDBUF)]  # decisive

    assert sizes == expected


@pytest.mark.claim("tcp.buffers.not-from-core-defaults")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rmem", "sysctl:net.ipv4.tcp_wmem")
@over_ip
def test_tcp_socket_does_not_have_the_sizes_of_rmem_default_and_wmem_default(peers, family, sysctl):
    datagram = peers.socket("datagram", family.domain, SOCK_DGRAM)
    before = datagram.getsockopt(SOL_SOCKET, SO_RCVBUF), datagram.getsockopt(SOL_SOCKET, SO_SNDBUF)
    sysctl("net.ipv4.tcp_rmem", f"4096 {before[0] + OWN} 4194304")  # decisive
    sysctl("net.ipv4.tcp_wmem", f"4096 {before[1] + OWN} 4194304")  # decisive

    stream, other = peers.socket("client", family.domain, SOCK_STREAM), peers.socket("other", family.domain, SOCK_DGRAM)

    assert stream.getsockopt(SOL_SOCKET, SO_RCVBUF) == before[0] + OWN
    assert stream.getsockopt(SOL_SOCKET, SO_SNDBUF) == before[1] + OWN
    assert (other.getsockopt(SOL_SOCKET, SO_RCVBUF), other.getsockopt(SOL_SOCKET, SO_SNDBUF)) == before
