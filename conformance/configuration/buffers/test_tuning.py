"""Whether a buffer grows with what goes through it: not where somebody has set its size."""

from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.configuration.buffers.sizes import ROOM_TO_GROW, carry, connection
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.unwatched  # what it looks at would be another with a capture beside it

ASKED = 50000
CARRIED = 4 << 20
BOUND = 1 << 18
"""Bytes beyond which a buffer would grow with what is carried, if the setting did not bound it."""
LITTLE = 1 << 16
"""Bytes that make a send buffer grow which may: a small one needs a while for more."""


@pytest.mark.claim("tcp.rcvbuf.grows-by-itself")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rmem", "sysctl:net.ipv4.tcp_moderate_rcvbuf")
@over_ip
def test_receive_buffer_grows_with_what_is_read(peers, family, sysctl):
    sysctl("net.ipv4.tcp_rmem", f"4096 131072 {BOUND}")
    sysctl("net.ipv4.tcp_wmem", ROOM_TO_GROW)
    sysctl("net.ipv4.tcp_moderate_rcvbuf", 1)
    client, server = connection(peers, family)
    before = client.getsockopt(SOL_SOCKET, SO_RCVBUF)

    carry(server, client, CARRIED)  # decisive

    assert before < client.getsockopt(SOL_SOCKET, SO_RCVBUF) <= BOUND


@pytest.mark.claim("tcp.rcvbuf.explicit-size-stays")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rmem", "sysctl:net.ipv4.tcp_moderate_rcvbuf", "buffers:100000")
@over_ip
def test_receive_buffer_that_was_set_does_not_grow(peers, family, sysctl):
    sysctl("net.ipv4.tcp_rmem", ROOM_TO_GROW)
    sysctl("net.ipv4.tcp_wmem", ROOM_TO_GROW)
    sysctl("net.ipv4.tcp_moderate_rcvbuf", 1)
    client, server = connection(peers, family)
    client.setsockopt(SOL_SOCKET, SO_RCVBUF, ASKED)  # decisive

    carry(server, client, CARRIED)

    assert client.getsockopt(SOL_SOCKET, SO_RCVBUF) == 2 * ASKED


@pytest.mark.claim("tcp.sndbuf.grows-by-itself")
@pytest.mark.needs("sysctl:net.ipv4.tcp_wmem")
@over_ip
def test_send_buffer_grows_by_itself(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", f"4096 16384 {BOUND}")
    sizes = []

    client, server = connection(peers, family)
    carry(client, server, CARRIED)
    sizes.append(client.getsockopt(SOL_SOCKET, SO_SNDBUF))  # decisive

    assert len(sizes) == 1
    assert 16384 < sizes[0] <= BOUND


@pytest.mark.claim("tcp.sndbuf.explicit-size-stays")
@pytest.mark.needs("sysctl:net.ipv4.tcp_wmem", "buffers:100000")
@over_ip
def test_send_buffer_that_was_set_does_not_grow(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", "4096 16384 4194304")
    client, server = connection(peers, family, sndbuf=ASKED)

    carry(client, server, LITTLE)

    assert client.getsockopt(SOL_SOCKET, SO_SNDBUF) == 2 * ASKED
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, ASKED // 2)  # decisive
    carry(client, server, LITTLE)
    assert client.getsockopt(SOL_SOCKET, SO_SNDBUF) == ASKED
