"""Destinations of a peculiar kind: oneself, and port 0."""

from errno import ECONNREFUSED, EINVAL
from socket import SOCK_DGRAM, SOCK_STREAM

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.connect.to-itself")
@pytest.mark.needs("own-ports")
@over_ip
def test_socket_connects_to_itself(peers, family):
    alone = peers.socket("alone", family.domain, SOCK_STREAM)
    alone.bind((family.loopback, 0))

    alone.connect(alone.getsockname())  # decisive

    assert alone.getpeername() == alone.getsockname()
    alone.send(b"to myself")
    assert alone.recv(100) == b"to myself"


@pytest.mark.claim("tcp.connect.to-port-zero")
@pytest.mark.needs("own-ports")
@over_ip
def test_nobody_listens_on_port_zero(peers, family):
    client = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ECONNREFUSED):
        client.connect((family.loopback, 0))  # decisive


@pytest.mark.claim("udp.send.to-port-zero")
@over_ip
def test_no_datagram_is_sent_to_port_zero(peers, family):
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        sender.sendto(b"data", (family.loopback, 0))  # decisive
