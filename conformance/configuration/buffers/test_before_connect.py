"""Sizes that must be set before the handshake: the scale of the window is said once, in the SYN."""

from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.configuration.buffers.scales import announced, kept, largest
from conformance.configuration.buffers.sizes import connection
from fixtures.stage.families import over_ip

SMALL = 4096
ASKED = 25000


@pytest.mark.claim("tcp.rcvbuf.scale-from-size-before-connect")
@pytest.mark.needs("sysctl:net.ipv4.tcp_window_scaling", "buffers:100000")
@over_ip
def test_larger_buffer_before_connect_means_a_larger_scale(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_window_scaling", 1)

    connection(peers, family, rcvbuf=SMALL)
    small = wire.expect("client > * SYN")
    connection(peers, family, rcvbuf=largest())  # decisive
    large = wire.expect("client > * SYN")

    assert announced(small) < announced(large)


@pytest.mark.claim("tcp.rcvbuf.scale-stays-after-connect")
@pytest.mark.needs("sysctl:net.ipv4.tcp_window_scaling")
@over_ip
def test_size_set_after_connect_does_not_change_the_scale(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_window_scaling", 1)
    client, server = connection(peers, family, rcvbuf=SMALL)
    syn, scale = wire.expect("client > * SYN"), kept(server)

    client.setsockopt(SOL_SOCKET, SO_RCVBUF, largest())  # decisive
    client.send(b"x")
    server.recv(1)

    assert client.getsockopt(SOL_SOCKET, SO_RCVBUF) == 2 * largest()
    assert kept(server) == scale == announced(syn)


@pytest.mark.claim("tcp.rcvbuf.accepted-inherits")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_accepted_socket_has_the_sizes_of_the_listener(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_RCVBUF, ASKED)  # decisive
    listener.setsockopt(SOL_SOCKET, SO_SNDBUF, ASKED + 1000)  # decisive

    peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)

    assert server.getsockopt(SOL_SOCKET, SO_RCVBUF) == 2 * ASKED
    assert server.getsockopt(SOL_SOCKET, SO_SNDBUF) == 2 * ASKED + 2000
