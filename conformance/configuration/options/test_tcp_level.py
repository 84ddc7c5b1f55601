"""Options of TCP that act on the handshake, and what an accepted socket has of them."""

from errno import EAGAIN
from select import POLLIN
from socket import IPPROTO_TCP, SOCK_STREAM, TCP_DEFER_ACCEPT, TCP_MAXSEG, TCP_USER_TIMEOUT

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import readiness, ready
from fixtures.stage.families import over_ip


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
