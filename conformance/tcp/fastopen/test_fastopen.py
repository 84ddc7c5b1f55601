"""Data in the SYN: when it is there, and what happens where it may not be."""

from socket import IPPROTO_TCP, SOCK_STREAM

import pytest

from conformance.tcp.fastopen.opening import BOTH, CLIENTS, TCP_FASTOPEN_CONNECT, acquainted, listener, opened
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("sysctl:net.ipv4.tcp_fastopen")


@pytest.mark.claim("tcp.fastopen.first-fetches-a-cookie")
@over_ip
def test_first_connection_sends_its_data_after_the_handshake(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_fastopen", BOTH)
    end = listener(peers, family)

    opened(peers, family, end, b"early", lane="client")  # decisive

    assert peers.accepting(end).recv(100) == b"early"
    wire.expect("client > * SYN (0) <fastopen>")
    wire.expect("* > client SYN ACK (0) <fastopen>")
    wire.expect("client > * 1:6(5)")


@pytest.mark.claim("tcp.fastopen.data-in-the-syn")
@over_ip
def test_second_connection_sends_its_data_in_the_syn(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_fastopen", BOTH)  # decisive
    end = acquainted(peers, family)

    opened(peers, family, end, b"early", lane="client")

    assert peers.accepting(end).recv(100) == b"early"
    wire.expect("client > * SYN (5) <fastopen>")


@pytest.mark.claim("tcp.fastopen.server-must-be-asked")
@over_ip
def test_data_follows_the_handshake_where_the_server_may_not(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_fastopen", BOTH)
    sysctl("net.ipv4.tcp_fastopen", CLIENTS)  # decisive
    end = acquainted(peers, family)

    opened(peers, family, end, b"early", lane="client")

    assert peers.accepting(end).recv(100) == b"early"
    wire.expect("client > * SYN (0)")
    wire.never("client > * SYN (1..)")


@pytest.mark.claim("tcp.fastopen.connect-sends-nothing-yet")
@over_ip
def test_connect_waits_for_the_first_data(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_fastopen", BOTH)
    end = acquainted(peers, family)
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)  # decisive

    client.connect(end.getsockname())
    wire.never("client > * SYN")
    client.send(b"early")

    wire.expect("client > * SYN (5)")
    assert peers.accepting(end).recv(100) == b"early"
