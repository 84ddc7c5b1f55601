"""Options and settings of TCP that a connection shows."""

import os
from errno import EADDRINUSE
from os import sched_setaffinity
from select import POLLIN
from socket import IPPROTO_TCP, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.names import become
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_ip, over_ip4
from fixtures.stage.users import another_user

SO_INCOMING_CPU, TCP_CORK, TCP_WINDOW_CLAMP = 49, 3, 10
SLACK = 100
"""Milliseconds by which a capture may differ from the clock of time stamps."""


@pytest.mark.claim("tcp.window-clamp.bounds-the-window")
@over_ip
def test_announced_window_is_no_larger(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_window_scaling", 0)
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000)  # decisive

    client.connect(listener.getsockname())
    client.send(b"x")
    ready(peers.accepting(listener), POLLIN)

    wire.settle()
    port = client.getsockname()[1]
    headers = [frame.layers["TCP"] for frame in wire.frames if "TCP" in frame.layers]
    windows = [header.window for header in headers if header.sport == port]
    assert 0 < max(windows) <= 5000
    assert client.getsockopt(IPPROTO_TCP, TCP_WINDOW_CLAMP) == 5000


@pytest.mark.claim("tcp.timestamps.without-offset")
@over_ip4
def test_clocks_of_two_connections_are_one(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_timestamps", 2)  # decisive
    for host in ("127.0.0.1", "127.0.0.2"):
        listener = peers.listener(family, host=host)
        peers.connecting(family, listener.getsockname())

    syns = wire.seen("* > * SYN !ACK")
    first, second = (dict(frame.layers["TCP"].options)["Timestamp"][0] for frame in syns[-2:])
    assert -SLACK <= second - first <= (syns[-1].at - syns[-2].at) // 1_000_000 + SLACK


@pytest.mark.claim("tcp.incoming-cpu.tells-the-processor")
@pytest.mark.needs("option:SOL_SOCKET.SO_INCOMING_CPU")
@over_ip
def test_processor_of_the_last_segment_is_told(stream_pair):
    client, server = stream_pair

    def send(processor):
        sched_setaffinity(0, {processor})
        client.send(b"x")  # decisive

    for processor in os.sched_getaffinity(0):
        in_child(lambda at=processor: send(at))
        ready(server, POLLIN)
        server.recv(9)
        assert server.getsockopt(SOL_SOCKET, SO_INCOMING_CPU) == processor


@pytest.mark.claim("ip.reuseport.same-user-only")
@pytest.mark.needs("another-user")
@over_ip
def test_port_is_not_shared_with_another_user(peers, family):
    first, other = peers.socket("first", family.domain, SOCK_STREAM), another_user()
    first.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    first.bind(family.address())

    def bind():
        become(other)  # decisive
        second = peers.socket("second", family.domain, SOCK_STREAM)
        second.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        second.bind(first.getsockname())

    with fails(EADDRINUSE):
        in_child(bind)
