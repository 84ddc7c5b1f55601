"""Addresses on streams that need none, and listeners that connect to nobody."""

from errno import EAGAIN, ECONNREFUSED, EISCONN
from socket import MSG_NOSIGNAL, SHUT_RDWR, SO_ACCEPTCONN, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.connect.calls import UNSPECIFIED, connect_raw
from fixtures.evidence.expect import fails, one_of
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.connect.unspecified-ends-listening")
@over_ip
def test_listener_that_connects_to_nobody_listens_no_more(peers, family):
    listener = peers.listener(family)
    name = listener.getsockname()

    connect_raw(listener, UNSPECIFIED)  # decisive

    assert listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0
    with fails(ECONNREFUSED):
        peers.socket("client", family.domain, SOCK_STREAM).connect(name)


@pytest.mark.claim("tcp.connect.unspecified-opens-again")
@over_ip
def test_socket_that_was_shut_down_sends_and_receives_in_its_next_connection(stream_pair, peers, family):
    client, _ = stream_pair
    listener = peers.listener(family)
    client.shutdown(SHUT_RDWR)

    connect_raw(client, UNSPECIFIED)  # decisive
    client.connect(listener.getsockname())

    server = peers.accepting(listener)
    server.send(b"answer")
    assert client.recv(100) == b"answer"
    assert client.send(b"question", MSG_NOSIGNAL) == 8
    assert server.recv(100) == b"question"


@pytest.mark.claim("tcp.send.address-on-a-connection")
@over_ip
def test_address_on_a_connected_stream_leads_nowhere_else(stream_pair, peers, family):
    client, _ = stream_pair
    other, given = peers.listener(family), None

    given = sent_to(client, other.getsockname())  # decisive

    one_of(given, {4: "send(2), DESCRIPTION", EISCONN: "send(2), ERRORS"})
    other.setblocking(False)
    with fails(EAGAIN):
        other.accept()


def sent_to(client, name):
    """How many bytes a call with an address has sent, or its errno."""
    try:
        return client.sendto(b"data", name)
    except OSError as error:
        return error.errno
