"""TCP_REPAIR: a connection that is taken from one socket and given to another, without a packet."""

import sys
from errno import EAGAIN, EINVAL, EPERM
from socket import IPPROTO_TCP, SOCK_STREAM, TCP_INFO

import pytest

from conformance.lifecycle.repair.queues import (
    SETTINGS,
    TCP_QUEUE_SEQ,
    TCP_REPAIR,
    TCP_REPAIR_QUEUE,
    numbers,
    restore,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.stage.families import over_ip

ESTABLISHED, SEGMENTS_OUT = 1, 136
"""net/tcp_states.h, and where tcpi_segs_out stands in struct tcp_info (linux/tcp.h)."""
privileged = pytest.mark.needs("CAP_NET_ADMIN")
pytestmark = pytest.mark.needs(f"option:IPPROTO_TCP.{TCP_REPAIR}")


def segments_sent(end):
    """Every segment that the socket has sent, by TCP_INFO."""
    return int.from_bytes(end.getsockopt(IPPROTO_TCP, TCP_INFO, 140)[SEGMENTS_OUT:], sys.byteorder)


def taken_over(peers, family, sysctl):
    """The server's socket, and the client's connection in a new socket that is still in repair mode."""
    for setting in SETTINGS:
        sysctl(setting, 0)
    client, server = peers.pair(family)
    client.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)
    known, name, peer = numbers(client), client.getsockname(), client.getpeername()
    client.close()
    heir = peers.socket("heir", family.domain, SOCK_STREAM)
    heir.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)
    restore(heir, known)
    heir.bind(name)
    return server, heir, peer


@pytest.mark.claim("tcp.repair.close-is-silent")
@privileged
@over_ip
def test_socket_in_repair_mode_is_closed_without_a_packet(stream_pair, wire):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)  # decisive

    client.close()

    server.setblocking(False)
    with fails(EAGAIN):
        server.recv(1)
    wire.never("client > server FIN")
    wire.never("client > server RST")


@pytest.mark.claim("tcp.repair.connect-is-silent")
@pytest.mark.needs("CAP_NET_ADMIN", "namespace")
@over_ip
def test_socket_in_repair_mode_connects_without_a_packet(peers, family, sysctl):
    _, heir, peer = taken_over(peers, family, sysctl)

    heir.connect(peer)  # decisive

    assert tcp_info(heir).state == ESTABLISHED
    assert segments_sent(heir) == 0


@pytest.mark.claim("tcp.repair.goes-on")
@pytest.mark.needs("CAP_NET_ADMIN", "namespace")
@over_ip
def test_connection_goes_on_in_another_socket(peers, family, sysctl):
    server, heir, peer = taken_over(peers, family, sysctl)
    heir.connect(peer)
    heir.setsockopt(IPPROTO_TCP, TCP_REPAIR, 0)  # decisive

    heir.send(b"from the heir")
    server.send(b"to the heir")

    assert server.recv(99) == b"from the heir"
    assert heir.recv(99) == b"to the heir"


@pytest.mark.claim("tcp.repair.numbers-told")
@privileged
@over_ip
def test_numbers_of_both_queues_are_told(stream_pair):
    client, server = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)
    before = numbers(client)
    client.setsockopt(IPPROTO_TCP, TCP_REPAIR, 0)
    client.send(b"seven b")  # decisive
    server.send(b"three")
    client.recv(99)

    client.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)

    grown = zip(before, numbers(client), strict=True)
    seen = [(int.from_bytes(now, sys.byteorder) - int.from_bytes(then, sys.byteorder)) % 2**32 for then, now in grown]
    assert seen == [len(b"three"), len(b"seven b")]


@pytest.mark.claim("tcp.repair.not-of-a-listener")
@privileged
@over_ip
def test_listener_cannot_be_repaired(peers, family):
    listener = peers.listener(family)

    with fails(EPERM):
        listener.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1)  # decisive


@pytest.mark.claim("tcp.repair.queues-in-repair-mode-alone")
@over_ip
def test_queues_are_hidden_outside_repair_mode(stream_pair):
    client, _ = stream_pair

    with fails(EPERM):
        client.setsockopt(IPPROTO_TCP, TCP_REPAIR_QUEUE, 1)  # decisive
    with fails(EINVAL):
        client.getsockopt(IPPROTO_TCP, TCP_QUEUE_SEQ)  # decisive
