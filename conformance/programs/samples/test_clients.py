"""The clients of the documents: with a server, and without one."""

from signal import SIGPIPE

import pytest

from conformance.programs.samples.programs import needs_samples, received, sample, unused_port
from fixtures.stage.families import over_ip4

GREETING = b"good day\n"


def port_of(listener):
    """Where a client goes."""
    return listener.getsockname()[1]


@pytest.mark.claim("sample.client-000.prints-the-answer")
@needs_samples
@over_ip4
def test_000_client_prints_what_the_server_answers(peers, family, wire):
    listener = peers.listener(family)
    with sample("echo_client", port=port_of(listener), lane="client") as client:
        server = peers.accepting(listener)
        client.comes_from(server.getpeername())
        assert received(server, len(GREETING)) == GREETING
        server.send(b"an answer\n")  # decisive

        assert client.ends().status == 0
        assert client.output() == "an answer\n"
        wire.expect("client > server SYN")
        wire.expect("client > server any (9)")
        wire.expect("server > client any (10)")
        wire.expect("client > server FIN")


@pytest.mark.claim("sample.client-000.killed-without-a-server")
@needs_samples
@over_ip4
def test_000_client_dies_of_sigpipe_where_no_server_is(peers, family, wire):
    port = unused_port(peers, family)

    with sample("echo_client", port=port, lane="client") as client:  # decisive
        client.dies_of(SIGPIPE)

    wire.expect("* > nobody SYN")
    wire.expect("nobody > * RST")


@pytest.mark.claim("sample.client-002.exchanges-with-server-002")
@needs_samples
@over_ip4
def test_client_and_server_of_002_exchange_a_message(peers, family):
    told = None

    with sample("echo_server_002") as server:
        server.address(family)
        with sample("client_002", port=server.port(), lane="client") as client:  # decisive
            told = client.ends().status, client.output()

    assert told == (0, "answer: good day, server\n")


@pytest.mark.claim("sample.client-002.tells-and-returns")
@needs_samples
@over_ip4
def test_002_client_tells_that_no_server_is_there(peers, family):
    port = port_of(peers.listener(family))
    port = unused_port(peers, family)  # decisive
    with sample("client_002", port=port, lane="client") as client:
        assert client.ends().status == 0
        assert client.complaints() == "connect: Connection refused\n"


@pytest.mark.claim("sample.client-004.tells-and-ends")
@needs_samples
@over_ip4
def test_004_client_tells_that_no_server_is_there(peers, family):
    port = port_of(peers.listener(family))
    port = unused_port(peers, family)  # decisive
    with sample("client_004", port=port, lane="client") as client:
        assert client.ends().status == 1
        assert client.complaints() == "connect: Connection refused\n"


@pytest.mark.claim("sample.client-004.exchanges-with-single-004")
@needs_samples
@over_ip4
def test_client_and_server_of_004_exchange_a_message(peers, family):
    with sample("single_server_004") as server:
        server.address(family)
        with sample("client_004", port=server.port(), lane="client") as client:  # decisive
            assert client.ends().status == 0
            assert "answer: It has come.\n" in client.output()
        assert server.ends().status == 0
        assert "got: The client says good day.\n" in server.output()
