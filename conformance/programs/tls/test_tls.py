"""TLS above sockets: what of it can be read on the way, and what verification keeps out."""

import pytest

from conformance.programs.tls.sessions import (
    HOSTNAME_MISMATCH,
    NAME,
    OTHER,
    PROTOCOL,
    Side,
    certified,
    needs_certificate,
    refusal,
    shake_hands,
    trusting,
    verifying,
)
from fixtures.stage.families import over_ip, over_ip4

SECRET = b"password=hunter2"


def on_the_way(wire, text):
    """Whether a frame had this text in it."""
    wire.settle()
    return any(text in frame.data for frame in wire.frames)


@pytest.mark.claim("tls.hello.name-and-protocol-in-clear")
@pytest.mark.needs("capture")
@needs_certificate
@over_ip
def test_name_of_the_server_and_protocols_can_be_read_on_the_way(stream_pair, wire, tmp_path):
    server = Side(certified(tmp_path), stream_pair.server, None)
    client = Side(verifying(tmp_path), stream_pair.client, NAME)

    shake_hands(client, server)  # decisive

    assert on_the_way(wire, NAME.encode())
    assert on_the_way(wire, PROTOCOL.encode())
    assert client.session.selected_alpn_protocol() == PROTOCOL


@pytest.mark.claim("tls.payload.never-in-clear")
@pytest.mark.needs("capture")
@needs_certificate
@over_ip
def test_what_is_said_in_a_session_cannot_be_read_on_the_way(stream_pair, wire, tmp_path):
    server = Side(certified(tmp_path), stream_pair.server, None)
    client = Side(verifying(tmp_path), stream_pair.client, NAME)
    shake_hands(client, server)

    client.says(SECRET)  # decisive

    assert server.hears(100) == SECRET
    assert not on_the_way(wire, SECRET)


@pytest.mark.claim("tls.name.wrong-one-accepted-unverified")
@needs_certificate
@over_ip4
def test_client_that_verifies_nothing_takes_a_server_of_another_name(stream_pair, tmp_path):
    server = Side(certified(tmp_path), stream_pair.server, None)
    context = verifying(tmp_path)
    context = trusting()  # decisive
    client = Side(context, stream_pair.client, OTHER)

    assert refusal(client, server) == 0
    client.says(SECRET)
    assert server.hears(100) == SECRET


@pytest.mark.claim("tls.name.wrong-one-refused-verified")
@needs_certificate
@over_ip4
def test_client_that_verifies_refuses_a_server_of_another_name(stream_pair, tmp_path):
    server = Side(certified(tmp_path), stream_pair.server, None)
    name = NAME
    name = OTHER  # decisive
    client = Side(verifying(tmp_path), stream_pair.client, name)

    assert refusal(client, server) == HOSTNAME_MISMATCH
