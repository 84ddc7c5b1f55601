"""SO_LINGER as an option: its default, what reads back, what is refused, and who inherits it."""

from errno import ECONNRESET, EINVAL
from socket import SO_LINGER, SOL_SOCKET

import pytest

from conformance.lifecycle.linger.unsent import drain, jammed
from fixtures.evidence.expect import fails, lasts, linger
from fixtures.stage.families import over_ip, over_streams, unix

SIZE = len(linger(on=False, seconds=0))


@pytest.mark.claim("tcp.linger.default-off")
@over_streams
def test_linger_is_off_on_a_new_connection(stream_pair):
    client, server = stream_pair

    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    aborting = client.getsockopt(SOL_SOCKET, SO_LINGER, SIZE)

    assert aborting == linger(on=True, seconds=0)
    assert server.getsockopt(SOL_SOCKET, SO_LINGER, SIZE) == linger(on=False, seconds=0)


@pytest.mark.claim("tcp.linger.reads-back")
@pytest.mark.parametrize("seconds", [0, 1, 7, 3600])
@over_streams
def test_what_was_set_reads_back(stream_pair, seconds):
    client, server = stream_pair

    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=seconds))  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_LINGER, SIZE) == linger(on=True, seconds=seconds)
    assert server.getsockopt(SOL_SOCKET, SO_LINGER, SIZE) == linger(on=False, seconds=0)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=False, seconds=0))


@pytest.mark.claim("tcp.linger.switched-off-reads-back")
@over_streams
def test_a_linger_that_was_switched_off_reads_as_off(stream_pair):
    client, _ = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=7))

    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=False, seconds=9))  # decisive

    switch = client.getsockopt(SOL_SOCKET, SO_LINGER, SIZE)[: SIZE // 2]
    assert switch == linger(on=False, seconds=0)[: SIZE // 2]


@pytest.mark.claim("tcp.linger.short-value-refused")
@over_streams
def test_a_value_too_short_for_the_structure_is_refused(stream_pair):
    client, _ = stream_pair

    with fails(EINVAL):
        client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=7)[:-1])  # decisive

    assert client.getsockopt(SOL_SOCKET, SO_LINGER, SIZE) == linger(on=False, seconds=0)


@pytest.mark.claim("tcp.linger.accepted-inherits")
@over_ip
def test_accepted_socket_has_the_linger_of_its_listener(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
    client = peers.connecting(family, listener.getsockname())

    server = peers.accepting(listener)
    inherited = server.getsockopt(SOL_SOCKET, SO_LINGER, SIZE)
    server.close()

    assert inherited == linger(on=True, seconds=0)
    with fails(ECONNRESET):
        client.recv(1)


@pytest.mark.claim("tcp.linger.ignored-by-unix")
@pytest.mark.parametrize("seconds", [0, 5])
def test_unix_socket_neither_waits_nor_aborts(peers, seconds):
    (client, server), sent = jammed(peers, unix)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=seconds))

    with lasts(slack=3):
        client.close()  # decisive

    drain(server, received := bytearray())
    assert received == sent
