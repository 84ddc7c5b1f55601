"""Windows that peers announce, shrink and open, and those of the kernel (RFC 9293 section 3.8.6, RFC 7323)."""

from errno import ECONNRESET
from itertools import pairwise
from socket import MSG_EOR, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

SIZE = 1000
"""Bytes of a segment."""
LARGE = 1400
"""Bytes of one that is mostly data, so that the window ends before the memory does."""
LITTLE = 2304
"""The least that SO_RCVBUF makes of anything (socket(7): 256; Linux SOCK_MIN_RCVBUF)."""
SMALL = 8192
"""Bytes for which a receive buffer is asked that a few of those fill."""


def filling(remote, *, window, waiting=4):
    """The kernel's socket that has filled a `window` of that many segments; `waiting` more of them are queued."""
    server = remote.reach(options=f"<mss {SIZE}>", window=window * SIZE)
    server.setsockopt(SOL_SOCKET, SO_SNDBUF, 100_000)
    for _ in range(window + waiting):
        server.send(b"x" * SIZE, MSG_EOR)
    for _ in range(window):
        remote.expect(f"any ({SIZE})")
    return server


def shut(remote):
    """The kernel's socket whose receive window has been filled to its end, and is not only out of memory."""
    listener = remote.listener()
    listener.setsockopt(SOL_SOCKET, SO_RCVBUF, SMALL)
    remote.open(options=f"<mss {SIZE}>")
    server = remote.peers.accepting(listener)
    until(lambda: closed(remote), what="the window to close")
    return server


def closed(remote):
    """Whether the window is closed, as the kernel has told last; what is left of it is filled, and no more.

    The last acknowledgement may be a delayed one.
    """
    remote.settle()
    room = remote.numbers.unacknowledged + remote.numbers.window - remote.numbers.sent
    if room > 0:
        remote.send(f"PSH ACK ({min(LARGE, room)})")
    return remote.numbers.window == 0


@pytest.mark.claim("tcp.windows.shrunk-sends-nothing-new")
@over_ip
def test_nothing_new_goes_into_a_shrunk_window(remote):
    filling(remote, window=4)

    remote.send(f"ACK ack {SIZE + 1} win 500")  # decisive

    remote.came(f"ACK ack {SIZE + 1} win 500")
    remote.settle()
    assert remote.numbers.received == 4 * SIZE + 1
    remote.send("ACK win 60000")
    remote.expect(f"any {4 * SIZE + 1}:*(1..)")


@pytest.mark.claim("tcp.windows.right-edge-stays")
@over_ip
def test_right_edge_never_moves_back(remote):
    remote.reach(options="<mss 1000>")

    for _ in range(3):  # decisive
        remote.send("PSH ACK (1000)")
    remote.send("ACK seq 1 (10)")  # old, and so acknowledged at once

    assert len(edges(remote)) > 1
    assert all(before <= after for before, after in pairwise(edges(remote)))


@pytest.mark.claim("tcp.windows.right-edge-stays")
@over_ip
def test_right_edge_does_not_move_back_where_the_buffer_shrinks(remote):
    server = remote.reach(options="<mss 1000>")
    for _ in range(3):
        remote.send("PSH ACK (1000)")
    room = server.getsockopt(SOL_SOCKET, SO_RCVBUF)

    server.setsockopt(SOL_SOCKET, SO_RCVBUF, LITTLE)  # decisive

    assert server.getsockopt(SOL_SOCKET, SO_RCVBUF) != room
    remote.send("ACK seq 1 (10)")  # old, and so acknowledged at once
    assert len(edges(remote)) > 1
    assert all(before <= after for before, after in pairwise(edges(remote)))


def edges(remote):
    """Where the windows end that the kernel has announced, in their order."""
    return [packet.acknowledgement + packet.window for packet in remote.seen("ACK")]


@pytest.mark.claim("tcp.windows.no-silly-segment")
@over_ip
def test_window_that_opens_by_little_has_nothing_sent(remote):
    filling(remote, window=4)
    remote.send("ACK win 0")

    remote.send("ACK win 100")  # decisive

    remote.came("ACK win 100")
    remote.expect_none("any (1..)")
    remote.send(f"ACK win {SIZE}")
    remote.expect(f"any {4 * SIZE + 1}:*({SIZE})")


@pytest.mark.claim("tcp.windows.old-segment-opens-none")
@over_ip
def test_window_of_an_old_segment_is_not_taken(remote):
    server = filling(remote, window=4)
    remote.send("PSH ACK (5) win 0")
    assert server.recv(10) == bytes(range(5))
    remote.settle()

    remote.send("ACK seq 1 win 60000")  # decisive

    remote.came("ACK 1:1(0) win 60000")
    remote.expect_none("any (1..)")
    remote.send("ACK win 60000")
    remote.expect(f"any {4 * SIZE + 1}:*(1..)")


@pytest.mark.claim("tcp.windows.scale-at-most-14")
@pytest.mark.parametrize(("offered", "taken"), [(7, 7), (14, 14), (15, 14), (255, 14)])
@over_ip
def test_shift_is_at_most_14(remote, offered, taken):
    server = remote.reach(options=f"<mss 1000,wscale {offered}>")
    told = None

    told = tcp_info(server).wscale & 0xF  # decisive

    assert told == taken


@pytest.mark.claim("tcp.windows.syn-not-scaled")
@pytest.mark.usefixtures("room_to_send")
@over_ip
def test_window_of_a_syn_is_not_scaled(remote):
    client = remote.connecting()
    remote.send(f"SYN ACK win {2 * SIZE} <mss {SIZE},wscale 7>")  # decisive
    remote.expect("ACK !SYN")

    for _ in range(5):
        client.send(b"x" * SIZE, MSG_EOR)

    remote.settle()
    assert remote.numbers.received == 2 * SIZE + 1


@pytest.mark.claim("tcp.windows.reset-with-window-closed")
@over_ip
def test_reset_is_taken_while_the_window_is_closed(remote):
    server = shut(remote)

    remote.send("RST seq snd.una")  # decisive

    with fails(ECONNRESET):
        while server.recv(100_000):
            pass
