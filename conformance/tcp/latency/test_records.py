"""MSG_EOR on a stream: where a program wants its segments to end."""

from socket import IPPROTO_TCP, MSG_EOR, TCP_NODELAY

import pytest

from fixtures.stage.families import over_ip

SIZE = 100


def queued(remote, flags):
    """Two pieces that wait together for a window, the first sent with `flags`."""
    server = remote.reach(window=0)
    server.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    server.send(b"a" * SIZE, flags)
    server.send(b"b" * SIZE)
    remote.send(f"ACK win {10 * SIZE}")


@pytest.mark.claim("tcp.eor.ends-the-segment")
@over_ip
def test_segment_ends_where_the_flag_says(remote):
    queued(remote, MSG_EOR)  # decisive

    remote.expect(f"any 1:*({SIZE})")
    remote.expect(f"any {1 + SIZE}:*({SIZE})")


@pytest.mark.claim("tcp.eor.joined-without")
@over_ip
def test_pieces_without_the_flag_share_a_segment(remote):
    queued(remote, 0)  # decisive

    assert remote.expect("any 1:*(1..)").length == 2 * SIZE
