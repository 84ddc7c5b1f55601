"""Options of TCP that act on the handshake, and what an accepted socket has of them."""

from errno import EAGAIN
from select import POLLIN
from socket import (
    IPPROTO_TCP,
    SOCK_STREAM,
    TCP_DEFER_ACCEPT,
    TCP_INFO,
    TCP_KEEPCNT,
    TCP_MAXSEG,
    TCP_NODELAY,
    TCP_USER_TIMEOUT,
)  # fmt: skip

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip

ESTABLISHED = 1
"""tcpi_state, the first byte of struct tcp_info (net/tcp_states.h)."""
OF_ONE_INT = ["TCP_NODELAY", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"]


@pytest.mark.claim("tcp.maxseg.announced")
@over_ip
def test_maxseg_of_the_client_is_announced_and_bounds_the_segments(peers, family, wire):
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_TCP, TCP_MAXSEG, 600)  # decisive

    client.connect(listener.getsockname())

    wire.expect("client > * SYN !ACK <mss 600>")
    assert tcp_info(client).snd_mss <= 600


@pytest.mark.claim("tcp.defer-accept.waits-for-data")
@over_ip
def test_listener_is_readable_only_when_data_has_come(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_syncookies", 1)  # with 2 the listener remembers nothing of who connects
    listener = peers.listener(family)
    listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 10)  # decisive
    listener.setblocking(False)

    client = peers.connecting(family, listener.getsockname())
    wire.settle()
    assert readiness(listener) == 0
    with fails(EAGAIN):
        listener.accept()
    client.send(b"data")  # decisive

    ready(listener, POLLIN)
    assert peers.accepting(listener).recv(100) == b"data"


@pytest.mark.claim("tcp.user-timeout.accepted-inherits")
@over_ip
def test_accepted_socket_has_the_user_timeout_of_its_listener(peers, family):
    listener = peers.listener(family)
    assert listener.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT) == 0
    listener.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 4321)  # decisive

    peers.connecting(family, listener.getsockname())

    assert listener.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT) == 4321
    assert peers.accepting(listener).getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT) == 4321


@pytest.mark.claim("tcp.options.short-room-cuts")
@pytest.mark.parametrize("option", [TCP_NODELAY, TCP_KEEPCNT, TCP_USER_TIMEOUT], ids=OF_ONE_INT)
@over_ip
def test_less_room_than_an_int_gives_its_beginning(peers, family, option):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(IPPROTO_TCP, option, 1)
    whole, seen = end.getsockopt(IPPROTO_TCP, option, 4), []

    seen = [end.getsockopt(IPPROTO_TCP, option, room) for room in (1, 2, 3)]  # decisive

    assert seen == [whole[:1], whole[:2], whole[:3]]


@pytest.mark.claim("tcp.options.info-in-any-room")
@pytest.mark.parametrize("room", [1, 8, 104, 192])
@over_ip
def test_tcp_info_fills_the_room_that_there_is(stream_pair, room):
    info = b""

    info = stream_pair.client.getsockopt(IPPROTO_TCP, TCP_INFO, room)  # decisive

    assert len(info) == room
    assert info[0] == ESTABLISHED
