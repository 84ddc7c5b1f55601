"""When poll() calls a stream socket writable: before, while and after its send buffer is full."""

from select import POLLIN, POLLOUT
from socket import IPPROTO_TCP, MSG_DONTWAIT, SO_SNDBUF, SOL_SOCKET, TCP_NOTSENT_LOWAT

import pytest

from conformance.stream.sending.buffers import (
    MESSAGE,
    NO_LIMIT,
    SMALL,
    arriving,
    fill,
    memory,
    received,
    small_pair,
    unacknowledged,
    unsent,
)
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_streams, over_unix


@pytest.mark.claim("stream.writable.not-while-full")
@pytest.mark.needs("siocoutq")
@over_streams
def test_full_socket_is_not_writable(peers, family):
    client, server = pair = small_pair(peers, family)
    assert readiness(client, POLLIN | POLLOUT) == POLLOUT

    fill(pair, MESSAGE)  # decisive

    assert readiness(client) == 0
    assert readiness(server) == POLLIN | POLLOUT


@pytest.mark.claim("stream.writable.again-after-reading")
@pytest.mark.needs("siocoutq")
@over_streams
def test_waiting_writer_wakes_when_the_reader_has_read(peers, family):
    client, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE)

    with child(lambda: ready(client, POLLOUT)) as writer:
        assert len(received(server, total)) == total  # decisive
        assert writer.ends().value == POLLOUT

    assert readiness(client, POLLOUT) == POLLOUT
    assert client.send(b"x", MSG_DONTWAIT) == 1


@pytest.mark.claim("tcp.writable.third-free")
@pytest.mark.needs("option:SOL_SOCKET.55")
@over_ip
def test_tcp_socket_is_writable_while_free_space_is_half_of_what_is_queued(peers, family):
    client, server = pair = small_pair(peers, family, size=65536)
    total = fill(pair, MESSAGE)
    seen = [memory(client)]

    seen += [memory(client) for _ in arriving(server, total, most=2048)]  # decisive

    assert [look.writable for look in seen] == [look.limit - look.queued >= look.queued // 2 for look in seen]
    assert {look.writable for look in seen} == {False, True}


@pytest.mark.claim("unix.writable.quarter-used")
@pytest.mark.needs("option:SOL_SOCKET.55")
@over_unix
def test_unix_socket_is_writable_while_a_quarter_of_its_buffer_is_used(peers, family):
    client, server = pair = small_pair(peers, family)
    total = fill(pair, MESSAGE, piece=500)
    seen = [memory(client)]

    seen += [memory(client) for _ in arriving(server, total, most=500)]  # decisive

    assert [look.writable for look in seen] == [look.allocated * 4 <= look.limit for look in seen]
    assert {look.writable for look in seen} == {False, True}
    assert any(look.allocated * 2 <= look.limit and not look.writable for look in seen)


@pytest.mark.claim("tcp.writable.notsent-lowat")
@pytest.mark.needs("sysctl:net.ipv4.tcp_wmem", "siocoutq")
@over_ip
def test_many_unsent_bytes_keep_a_socket_from_being_writable(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", "4096 1048576 4194304")
    client, _ = pair = peers.pair(family, rcvbuf=SMALL)
    client.setsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 8192)  # decisive

    fill(pair, MESSAGE)

    assert unsent(client) >= 8192
    assert unacknowledged(client) < client.getsockopt(SOL_SOCKET, SO_SNDBUF) // 4
    assert readiness(client, POLLOUT) == 0
    client.setsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, NO_LIMIT)
    assert readiness(client, POLLOUT) == POLLOUT
    assert client.send(b"x", MSG_DONTWAIT) == 1
