"""What SO_SNDBUF and SO_RCVBUF make of the size that is asked for."""

from errno import EPERM
from socket import SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.stream.sending.buffers import MESSAGE, SMALL, fill, received, small_pair, unacknowledged
from conformance.stream.sending.limits import (
    SO_RCVBUFFORCE,
    SO_SNDBUFFORCE,
    give_up_capabilities,
    least,
    most,
)
from fixtures.evidence.expect import fails
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_streams, over_unix
from fixtures.stage.sysctls import read_sysctl

pytestmark = pytest.mark.unwatched  # what it looks at would be another with a capture beside it

ASKED = 10000
FORCED = {SO_SNDBUFFORCE: SO_SNDBUF, SO_RCVBUFFORCE: SO_RCVBUF}
"""The size that each of these options sets."""
forces = pytest.mark.parametrize("option", FORCED, ids=["SO_SNDBUFFORCE", "SO_RCVBUFFORCE"])


@pytest.mark.claim("socket.sndbuf.doubled")
@pytest.mark.needs("buffers:100000")
@over_streams
def test_sndbuf_reads_back_doubled(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    other = end.getsockopt(SOL_SOCKET, SO_RCVBUF)

    end.setsockopt(SOL_SOCKET, SO_SNDBUF, ASKED)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == 2 * ASKED
    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == other


@pytest.mark.claim("socket.rcvbuf.doubled")
@pytest.mark.needs("buffers:100000")
@over_streams
def test_rcvbuf_reads_back_doubled(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    other = end.getsockopt(SOL_SOCKET, SO_SNDBUF)

    end.setsockopt(SOL_SOCKET, SO_RCVBUF, ASKED)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == 2 * ASKED
    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == other


@pytest.mark.claim("socket.sndbuf.minimum")
@over_streams
def test_sndbuf_never_falls_below_its_minimum(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    minimum = least(end, SO_SNDBUF)
    end.setsockopt(SOL_SOCKET, SO_SNDBUF, ASKED)

    end.setsockopt(SOL_SOCKET, SO_SNDBUF, minimum // 2 - 1)  # decisive

    assert minimum >= 2048
    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == minimum
    end.setsockopt(SOL_SOCKET, SO_SNDBUF, minimum // 2 + 1)
    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == minimum // 2 * 2 + 2


@pytest.mark.claim("socket.rcvbuf.minimum")
@over_streams
def test_rcvbuf_never_falls_below_its_minimum(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    minimum = least(end, SO_RCVBUF)
    end.setsockopt(SOL_SOCKET, SO_RCVBUF, ASKED)

    end.setsockopt(SOL_SOCKET, SO_RCVBUF, minimum // 2 - 1)  # decisive

    assert minimum >= 256
    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == minimum
    end.setsockopt(SOL_SOCKET, SO_RCVBUF, minimum // 2 + 1)
    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == minimum // 2 * 2 + 2


@pytest.mark.claim("stream.send.smallest-buffer-still-sends")
@pytest.mark.usefixtures("whole_segments")
@pytest.mark.needs("siocoutq")
@over_streams
def test_socket_with_the_smallest_buffers_still_sends(peers, family):
    _, server = pair = small_pair(peers, family, size=0)
    count = 0

    count += fill(pair, MESSAGE)  # decisive

    assert count >= 1
    assert received(server, count) == MESSAGE[:count]


@pytest.mark.claim("socket.sndbuf.capped-by-wmem-max")
@over_streams
def test_sndbuf_is_cut_to_wmem_max(peers, family):
    end, limit = peers.socket("client", family.domain, SOCK_STREAM), most(SO_SNDBUF)

    end.setsockopt(SOL_SOCKET, SO_SNDBUF, limit - 1)
    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == 2 * (limit - 1)
    end.setsockopt(SOL_SOCKET, SO_SNDBUF, limit + 1)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == 2 * limit


@pytest.mark.claim("socket.rcvbuf.capped-by-rmem-max")
@over_streams
def test_rcvbuf_is_cut_to_rmem_max(peers, family):
    end, limit = peers.socket("client", family.domain, SOCK_STREAM), most(SO_RCVBUF)

    end.setsockopt(SOL_SOCKET, SO_RCVBUF, limit - 1)
    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == 2 * (limit - 1)
    end.setsockopt(SOL_SOCKET, SO_RCVBUF, limit + 1)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == 2 * limit


@pytest.mark.claim("socket.sndbuf.force-needs-privilege")
@forces
@over_streams
def test_force_without_privilege_fails_and_changes_nothing(peers, family, option):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    sizes = end.getsockopt(SOL_SOCKET, SO_SNDBUF), end.getsockopt(SOL_SOCKET, SO_RCVBUF)

    def asking():
        give_up_capabilities()
        end.setsockopt(SOL_SOCKET, option, ASKED)  # decisive

    with fails(EPERM):
        in_child(asking)
    assert (end.getsockopt(SOL_SOCKET, SO_SNDBUF), end.getsockopt(SOL_SOCKET, SO_RCVBUF)) == sizes


@pytest.mark.claim("socket.sndbuf.force-lifts-the-limit")
@pytest.mark.needs("CAP_NET_ADMIN", "initial-user-namespace")
@forces
@over_streams
def test_force_with_privilege_sets_what_is_above_the_limit(peers, family, option):
    end, size = peers.socket("client", family.domain, SOCK_STREAM), FORCED[option]
    other = SO_SNDBUF + SO_RCVBUF - size
    untouched, above = end.getsockopt(SOL_SOCKET, other), most(size) + 1000

    end.setsockopt(SOL_SOCKET, option, above)  # decisive

    assert end.getsockopt(SOL_SOCKET, size) == 2 * above
    assert end.getsockopt(SOL_SOCKET, other) == untouched


@pytest.mark.claim("tcp.sndbuf.default-from-tcp-wmem")
@pytest.mark.needs("sysctl:net.ipv4.tcp_wmem")
@over_ip
def test_new_tcp_socket_has_the_middle_value_of_tcp_wmem(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", "8192 34567 4194304")  # decisive

    end = peers.socket("client", family.domain, SOCK_STREAM)

    assert end.getsockopt(SOL_SOCKET, SO_SNDBUF) == 34567


@pytest.mark.claim("tcp.rcvbuf.default-from-tcp-rmem")
@pytest.mark.needs("sysctl:net.ipv4.tcp_rmem")
@over_ip
def test_new_tcp_socket_has_the_middle_value_of_tcp_rmem(peers, family, sysctl):
    sysctl("net.ipv4.tcp_rmem", "8192 34567 4194304")  # decisive

    end = peers.socket("client", family.domain, SOCK_STREAM)

    assert end.getsockopt(SOL_SOCKET, SO_RCVBUF) == 34567


@pytest.mark.claim("unix.sndbuf.default-from-wmem-default")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET])
@over_unix
def test_new_unix_socket_has_the_size_of_wmem_default(peers, family, kind):
    expected = int(read_sysctl("net.core.wmem_default"))
    sizes = []

    sizes.append(peers.socket("client", family.domain, kind).getsockopt(SOL_SOCKET, SO_SNDBUF))  # decisive

    assert sizes == [expected]


@pytest.mark.claim("stream.send.larger-sndbuf-takes-more")
@pytest.mark.needs("siocoutq", "buffers:100000")
@over_streams
def test_larger_sndbuf_takes_more(peers, family):
    small, large = small_pair(peers, family), small_pair(peers, family)
    large.client.setsockopt(SOL_SOCKET, SO_SNDBUF, 8 * SMALL)  # decisive

    fill(small, MESSAGE)
    fill(large, MESSAGE)

    assert unacknowledged(small.client) < 4 * SMALL < unacknowledged(large.client)
