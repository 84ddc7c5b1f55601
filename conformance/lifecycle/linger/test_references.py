"""Which close() counts: the last reference, in this process or in another, and the exit of a process."""

import os
from errno import ECONNRESET
from select import POLLIN
from socket import SO_LINGER, SO_RCVBUF, SOL_SOCKET

import pytest

from conformance.lifecycle.linger.unsent import PATTERN, SMALL, drain, jam
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.linger.last-reference-aborts")
@over_ip
def test_closing_a_duplicate_does_nothing(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    os.close(os.dup(client.fileno()))
    wire.never("client > server FIN")
    wire.never("client > server RST")
    server.send(b"alive")
    assert client.recv(100) == b"alive"
    client.close()  # decisive

    wire.expect("client > server RST")
    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.linger.last-reference-aborts")
@over_ip
def test_duplicate_keeps_the_connection_when_the_original_is_closed(stream_pair):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    duplicate = os.dup(client.fileno())

    client.close()
    os.write(duplicate, b"alive")
    assert server.recv(100) == b"alive"
    os.close(duplicate)  # decisive

    with fails(ECONNRESET):
        server.recv(1)


@pytest.mark.claim("tcp.linger.last-reference-aborts")
@over_ip
def test_close_and_exit_of_a_child_leave_the_connection_of_its_parent(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))

    in_child(client.close)
    in_child(os.getpid)
    wire.never("client > server FIN")
    wire.never("client > server RST")
    client.send(b"alive")
    assert server.recv(100) == b"alive"
    client.close()  # decisive

    wire.expect("client > server RST")


@pytest.mark.claim("tcp.linger.exit-does-not-wait")
@over_ip
def test_exit_of_a_process_does_not_wait_and_loses_nothing(peers, family, patient_orphans):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_RCVBUF, SMALL)

    def leave_unsent():
        client = peers.connecting(family, listener.getsockname())
        client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=60))  # decisive
        return len(jam(client)), client.getsockopt(SOL_SOCKET, SO_LINGER, 8), client.detach()

    sent, option, _ = in_child(leave_unsent).value

    drain(peers.accepting(listener), received := bytearray())
    assert option == linger(on=True, seconds=60)
    assert received == PATTERN[:sent]


@pytest.mark.claim("tcp.linger.zero-aborts-at-exit")
@over_ip
def test_exit_with_zero_linger_aborts(peers, family):
    listener = peers.listener(family)

    def leave_open():
        client = peers.connecting(family, listener.getsockname())
        client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
        ready(client, POLLIN)
        client.recv(1)
        return client.detach()

    with child(leave_open) as process:
        server = peers.accepting(listener)
        server.send(b"!")
        process.ends()

    with fails(ECONNRESET):
        server.recv(1)
