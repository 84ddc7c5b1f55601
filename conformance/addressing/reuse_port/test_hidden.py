"""One socket that shares a port hides the others from bind(), as the model of binds has found."""

from socket import AF_INET, SO_REUSEADDR, SO_REUSEPORT, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

pytestmark = pytest.mark.needs("own-ports")


@pytest.mark.claim("udp.reuseport.one-that-shares-hides-the-rest")
def test_datagram_socket_binds_beside_one_that_does_not_share(peers):
    alone = peers.socket("alone", AF_INET, SOCK_DGRAM)
    alone.bind(("127.0.0.1", 0))
    sharing, late = (peers.socket(name, AF_INET, SOCK_DGRAM) for name in ("sharing", "late"))
    for end in (sharing, late):
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)  # decisive
    port = alone.getsockname()[1]
    sharing.bind(("127.0.0.2", port))

    late.bind(("0.0.0.0", port))

    assert late.getsockname()[1] == port


@pytest.mark.claim("tcp.reuseport.one-that-shares-hides-the-rest")
def test_stream_socket_binds_beside_one_that_does_not_share(peers):
    alone, both, late = (peers.socket(name, AF_INET, SOCK_STREAM) for name in ("alone", "both", "late"))
    for end in (alone, both):
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    for end in (both, late):
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)  # decisive
    alone.bind(("127.0.0.1", 0))
    both.bind(alone.getsockname())

    late.bind(alone.getsockname())

    assert late.getsockname() == alone.getsockname()
