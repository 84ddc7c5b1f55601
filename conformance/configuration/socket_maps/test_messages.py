"""What programs of a map say of that which its sockets send: that it may not, that it goes elsewhere, that it waits."""

from errno import EACCES, EAGAIN
from socket import MSG_DONTWAIT

import pytest

from conformance.configuration.socket_maps.maps import DROP, INGRESS, MESSAGE, PASS, socket_map
from conformance.configuration.socket_maps.pairs import another_pair
from fixtures.evidence.expect import fails
from fixtures.stage.ebpf import call, copy, end, load, put, when
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("socket-map", "kernel>=5.15")
SIZE, CONTEXT, TO = 68, 6, 2
"""Where the context of a program has the size of a message; the register that keeps it, and one to load into."""
CORK = 62
"""bpf_msg_cork_bytes()."""
FOUR_AT_ONCE = copy(CONTEXT, 1) + put(2, 4) + call(CORK) + load(TO, CONTEXT, SIZE) + when(TO, 2, end(DROP)) + end(PASS)
"""A program that wants to see four bytes together, and drops two that come alone."""


@pytest.mark.claim("socket.map.message-refused")
@over_ip
def test_message_that_a_program_drops_is_an_error_of_its_sender(stream_pair):
    client, server = stream_pair

    with socket_map() as sockets:
        sockets.judges(MESSAGE, end(DROP))  # decisive
        sockets.takes(client)
        with fails(EACCES):
            client.send(b"refused")
        sockets.loses(0)

    client.send(b"later")
    assert server.recv(9) == b"later"


@pytest.mark.claim("socket.map.message-redirected")
@pytest.mark.parametrize("flags", [pytest.param(INGRESS, id="in"), pytest.param(0, id="out")])
@over_ip
def test_message_goes_where_a_program_says(peers, family, stream_pair, flags):
    client, server = stream_pair
    writer, reader = another_pair(peers, family)

    with socket_map() as sockets:
        sockets.redirects(MESSAGE, flags)  # decisive
        sockets.takes(client, reader if flags else writer)
        client.send(b"elsewhere")
        got = reader.recv(9)
        sockets.loses(0, 1)

    assert got == b"elsewhere"
    client.send(b"here")
    assert server.recv(9) == b"here"


@pytest.mark.claim("socket.map.message-corked")
@over_ip
def test_verdict_of_a_message_waits_for_as_much_as_was_corked(stream_pair):
    client, server = stream_pair

    with socket_map() as sockets:
        sockets.judges(MESSAGE, FOUR_AT_ONCE)  # decisive
        sockets.takes(client)
        client.send(b"fo")
        with fails(EAGAIN):
            server.recv(9, MSG_DONTWAIT)
        client.send(b"ur")
        got = server.recv(9)

    assert got == b"four"
