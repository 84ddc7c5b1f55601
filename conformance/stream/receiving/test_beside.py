"""What flags and addresses of one call leave as it was, on sockets that keep the bounds of messages."""

from errno import EAGAIN, ECONNREFUSED, ENOTCONN
from fcntl import F_DUPFD, F_DUPFD_CLOEXEC, F_GETFL, F_SETFL, fcntl
from os import O_NONBLOCK, close, dup, urandom
from socket import (
    AF_UNIX,
    MSG_CONFIRM,
    MSG_DONTROUTE,
    MSG_DONTWAIT,
    MSG_MORE,
    MSG_NOSIGNAL,
    MSG_PEEK,
    MSG_TRUNC,
    SOCK_DGRAM,
)

import pytest

from conformance.lifecycle.states.messages import KINDS, bound, full, new, over_datagrams, over_messages, pair
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_streams

FLAGS = {"MSG_NOSIGNAL": MSG_NOSIGNAL, "MSG_MORE": MSG_MORE, "MSG_DONTROUTE": MSG_DONTROUTE, "MSG_CONFIRM": MSG_CONFIRM}
DUPLICATES = {
    "dup": dup,
    "F_DUPFD": lambda number: fcntl(number, F_DUPFD, 0),
    "F_DUPFD_CLOEXEC": lambda number: fcntl(number, F_DUPFD_CLOEXEC, 0),
}
over_local = pytest.mark.parametrize("kind", [each for each in KINDS if each.table != "udp"], ids=str)


def blocks(number):
    """Whether calls on this descriptor may wait."""
    return not fcntl(number, F_GETFL) & O_NONBLOCK


@pytest.mark.claim("socket.receive.flags-of-sends-ignored")
@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS)
@over_messages
def test_receive_takes_no_notice_of_flags_of_sends(peers, kind, flag):
    peer, end = pair(peers, kind)
    peer.send(b"data")
    seen = taken = b""

    seen = end.recv(9, flag | MSG_PEEK)  # decisive
    taken = end.recvmsg(9, 0, flag)[0]  # decisive

    assert (seen, taken) == (b"data", b"data")


@pytest.mark.claim("socket.receive.flags-of-sends-ignored")
@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS)
@over_streams
def test_receive_of_a_stream_takes_no_notice_of_flags_of_sends(stream_pair, flag):
    stream_pair.client.send(b"data")
    taken = b""

    taken = stream_pair.server.recv(9, flag)  # decisive

    assert taken == b"data"


@pytest.mark.claim("stream.flags.peek-gives-all-that-is-there")
@over_streams
def test_peek_that_may_not_wait_gives_all_that_is_there(stream_pair):
    stream_pair.client.send(b"data")
    stream_pair.server.recv(1, MSG_PEEK)
    seen = b""

    seen = stream_pair.server.recv(9, MSG_PEEK | MSG_DONTWAIT)  # decisive

    assert seen == b"data"


@pytest.mark.claim("messages.flags.dontwait-of-its-call")
@over_messages
def test_receive_that_may_not_wait_leaves_the_socket_blocking(peers, kind):
    _, end = pair(peers, kind)

    with fails(EAGAIN):
        end.recv(9, MSG_DONTWAIT)  # decisive

    assert blocks(end)


@pytest.mark.claim("messages.flags.dontwait-of-its-call")
@pytest.mark.unwatched
@over_local
def test_send_that_may_not_wait_leaves_the_socket_blocking(peers, kind):
    end = full(peers, kind)
    end.setblocking(True)

    with fails(EAGAIN):
        end.send(b"x", MSG_DONTWAIT)  # decisive

    assert blocks(end)


@pytest.mark.claim("datagram.send.addressed-leaves-it-unconnected")
@over_datagrams
def test_datagram_to_an_address_leaves_the_socket_unconnected(peers, kind):
    end, other = new(peers, kind), bound(peers, kind)

    end.sendto(b"data", other.getsockname())  # decisive

    assert other.recv(9) == b"data"
    with fails(ENOTCONN):
        end.getpeername()


@pytest.mark.claim("descriptor.duplicate.shares-the-mode")
@pytest.mark.parametrize("way", DUPLICATES.values(), ids=DUPLICATES)
@over_messages
def test_duplicate_by_any_way_shares_the_blocking_mode(peers, kind, way):
    end, seen = bound(peers, kind), []
    number = way(end.fileno())

    fcntl(end, F_SETFL, O_NONBLOCK)  # decisive
    seen.append(blocks(number))
    fcntl(number, F_SETFL, 0)  # decisive
    seen.append(blocks(end.fileno()))

    close(number)
    assert seen == [False, True]


@pytest.mark.claim("messages.flags.peek-takes-nothing")
@over_messages
def test_peek_at_a_message_takes_nothing_however_often(peers, kind):
    peer, end = pair(peers, kind)
    peer.send(b"first")
    peer.send(b"second")
    seen = []

    seen = [end.recv(9, flags) for flags in (MSG_PEEK, MSG_PEEK | MSG_TRUNC, MSG_PEEK)]  # decisive

    assert [*seen, end.recv(9), end.recv(9)] == [b"first"] * 4 + [b"second"]


@pytest.mark.claim("unix.abstract.nobody-refused")
def test_message_to_an_abstract_name_that_nobody_has_is_refused(peers):
    end, name = peers.socket("end", AF_UNIX, SOCK_DGRAM), b"\0" + urandom(9)

    with fails(ECONNREFUSED):
        end.sendto(b"data", name)  # decisive
    with fails(ECONNREFUSED):
        end.connect(name)
