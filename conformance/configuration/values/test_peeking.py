"""SO_PEEK_OFF: from where MSG_PEEK reads."""

from socket import AF_UNIX, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET, socketpair

import pytest

from conformance.configuration.values.settings import SO_PEEK_OFF
from fixtures.stage.children import child
from fixtures.stage.families import ip4, ip6, over_ip, over_unix

pytestmark = pytest.mark.needs(f"option:SOL_SOCKET.{SO_PEEK_OFF}")
NEEDS = {"tcp": ["kernel>=6.9"], "udp": [], "unix": []}
ENDS = [
    *((f"unix-{kind.name.lower()}", [], "unix", kind) for kind in (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)),
    *((f"{name}-{family}", NEEDS[name], name, family) for name in ("udp", "tcp") for family in (ip4, ip6)),
]
over_ends = pytest.mark.parametrize(
    ("sort", "of"),
    [pytest.param(sort, of, id=name, marks=[pytest.mark.needs(*needs, *getattr(of, "needs", ()))])
     for name, needs, sort, of in ENDS],
)  # fmt: skip
STREAMS = [end for end in ENDS if end[2] == "tcp" or end[3] is SOCK_STREAM]
over_stream_ends = pytest.mark.parametrize(
    ("sort", "of"),
    [pytest.param(sort, of, id=name, marks=[pytest.mark.needs(*needs, *getattr(of, "needs", ()))])
     for name, needs, sort, of in STREAMS],
)  # fmt: skip


def connected(peers, sort, of):
    """Two ends that are connected, of UNIX by type and of IP by family."""
    if sort == "unix":
        return tuple(map(peers.take, socketpair(AF_UNIX, of), ("client", "server")))
    if sort == "tcp":
        return peers.pair(of)
    server, client = peers.datagram(of, lane="server"), peers.datagram(of, lane="client")
    client.connect(server.getsockname())
    return client, server


@pytest.mark.claim("socket.peek-off.off-by-default")
@over_ends
def test_peeking_begins_at_the_front_by_default(peers, sort, of):
    _, server = connected(peers, sort, of)
    told = None

    told = server.getsockopt(SOL_SOCKET, SO_PEEK_OFF)  # decisive

    assert told == -1


@pytest.mark.claim("socket.peek-off.begins-there")
@over_ends
def test_peeking_begins_where_the_option_says(peers, sort, of):
    client, server = connected(peers, sort, of)
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 3)  # decisive

    client.send(b"abcdefgh")

    assert server.recv(2, MSG_PEEK) == b"de"
    assert server.recv(8) == b"abcdefgh"


@pytest.mark.claim("socket.peek-off.moves-with-peeks")
@over_stream_ends
def test_each_peek_begins_behind_the_one_before(peers, sort, of):
    client, server = connected(peers, sort, of)
    client.send(b"abcdefgh")
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 0)  # decisive

    seen = [server.recv(2, MSG_PEEK) for _ in range(2)]

    assert seen == [b"ab", b"cd"]
    assert server.getsockopt(SOL_SOCKET, SO_PEEK_OFF) == 4


@pytest.mark.claim("socket.peek-off.comes-back-with-reads")
@over_stream_ends
def test_what_is_read_takes_the_place_of_peeking_back(peers, sort, of):
    client, server = connected(peers, sort, of)
    client.send(b"abcdefgh")
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 6)

    assert server.recv(4) == b"abcd"  # decisive

    assert server.getsockopt(SOL_SOCKET, SO_PEEK_OFF) == 2
    assert server.recv(2, MSG_PEEK) == b"gh"


@pytest.mark.claim("socket.peek-off.switched-off")
@over_ends
def test_peeking_begins_at_the_front_again_when_it_is_switched_off(peers, sort, of):
    client, server = connected(peers, sort, of)
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 3)
    client.send(b"abcdefgh")

    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, -1)  # decisive

    assert server.recv(2, MSG_PEEK) == b"ab"


DATAGRAMS = [end for end in ENDS if end[2] == "udp" or end[3] is SOCK_DGRAM]
over_datagram_ends = pytest.mark.parametrize(
    ("sort", "of"),
    [pytest.param(sort, of, id=name, marks=[pytest.mark.needs(*needs, *getattr(of, "needs", ()))])
     for name, needs, sort, of in DATAGRAMS],
)  # fmt: skip


@pytest.mark.claim("socket.peek-off.datagrams-in-turn")
@over_datagram_ends
def test_datagrams_are_peeked_in_turn_and_stay(peers, sort, of):
    client, server = connected(peers, sort, of)
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 0)  # decisive
    for data in (b"one", b"", b"three"):
        client.send(data)

    peeked = [server.recv(9, MSG_PEEK) for _ in range(3)]

    assert peeked == [b"one", b"", b"three"]
    assert [server.recv(9) for _ in range(3)] == peeked


@pytest.mark.claim("socket.peek-off.rest-of-a-datagram")
@pytest.mark.parametrize(("room", "marked"), [(9, 0), (1, MSG_TRUNC)], ids=["all", "cut"])
@over_datagram_ends
def test_peek_that_begins_within_a_datagram_gives_the_rest(peers, sort, of, room, marked):
    client, server = connected(peers, sort, of)
    client.send(b"abc")
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 1)  # decisive

    data, _, flags, _ = server.recvmsg(room, 0, MSG_PEEK)

    assert (data, flags & MSG_TRUNC) == (b"bc"[:room], marked)


@pytest.mark.claim("socket.peek-off.any-negative-is-off")
@pytest.mark.parametrize("value", [-2, -(2**31)])
@over_ends
def test_any_negative_offset_peeks_at_the_front(peers, sort, of, value):
    client, server = connected(peers, sort, of)
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 1)
    client.send(b"front")

    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, value)  # decisive

    assert [server.recv(9, MSG_PEEK) for _ in range(2)] == [b"front", b"front"]


def peeked_once_more_came(client, server):
    """What a peek gives that waits for bytes, which come when it is seen to wait."""
    with child(lambda: server.recv(9, MSG_PEEK)) as peeking:
        peeking.is_blocked_in("recv")
        client.send(b"def")
        return peeking.ends().value


@pytest.mark.claim("tcp.peek-off.waits-at-the-end")
@pytest.mark.needs("kernel>=6.9")
@over_ip
def test_peek_behind_the_last_byte_waits_for_more(stream_pair):
    client, server = stream_pair
    client.send(b"abc")
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 3)  # decisive

    assert peeked_once_more_came(client, server) == b"def"


@pytest.mark.claim("unix.peek-off.waits-at-the-end")
@over_unix
def test_peek_behind_the_last_byte_of_a_unix_stream_waits_for_more(stream_pair):
    client, server = stream_pair
    client.send(b"abc")
    server.setsockopt(SOL_SOCKET, SO_PEEK_OFF, 3)  # decisive

    assert peeked_once_more_came(client, server) == b"def"
