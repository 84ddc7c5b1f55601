"""The servers of the documents that serve one client after the other: as they are meant, and who ends them."""

from errno import ECONNRESET
from signal import SIGPIPE

import pytest

from conformance.programs.samples.programs import (
    MANY,
    asked,
    go_away,
    needs_samples,
    received,
    rest,
    sample,
    served,
    turns,
)
from fixtures.evidence.expect import fails
from fixtures.stage.families import ip4, ip6, over, over_ip4

over_dual_stack = over(ip4, ip6)
FIRST, SECOND = b"the first", b"the second"
ANSWER = b"It has come.\n"


@pytest.mark.claim("sample.server-000.serves-one-after-the-other")
@pytest.mark.needs("ipv6")
@needs_samples
@over_dual_stack
def test_000_echo_server_echoes_and_takes_the_next_when_one_has_gone(peers, family):
    with sample("echo_server_000") as server:
        first = served(peers, family, server, lane="first")
        second = served(peers, family, server, lane="second")
        second.send(SECOND)

        assert asked(first, FIRST) == FIRST
        first.close()  # decisive
        assert received(second, len(SECOND)) == SECOND


@pytest.mark.claim("sample.server-000.killed-by-sigpipe")
@pytest.mark.needs("ipv6", "sock_diag")
@needs_samples
@over_dual_stack
def test_client_that_goes_away_kills_the_000_echo_server(peers, family):
    with sample("echo_server_000") as server:
        client = served(peers, family, server)
        assert asked(client, FIRST) == FIRST

        with server.busy_elsewhere():
            go_away(client, SECOND)  # decisive

        server.dies_of(SIGPIPE)


@pytest.mark.claim("sample.server-002.killed-by-sigpipe")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_client_that_goes_away_kills_the_002_echo_server(peers, family):
    with sample("echo_server_002") as server:
        client = served(peers, family, server)
        assert asked(client, FIRST) == FIRST

        with server.busy_elsewhere():
            go_away(client, SECOND)  # decisive

        server.dies_of(SIGPIPE)


@pytest.mark.claim("sample.server-001.survives-who-goes-away")
@pytest.mark.needs("ipv6", "sock_diag")
@needs_samples
@over_dual_stack
def test_001_echo_server_survives_a_client_that_goes_away(peers, family):
    name = "echo_server_000"
    name = "echo_server_001"  # decisive
    with sample(name) as server:
        client = served(peers, family, server)
        with server.busy_elsewhere():
            go_away(client, FIRST)

        assert asked(served(peers, family, server, lane="next"), SECOND) == SECOND
        assert "send: Broken pipe" in server.complaints()


@pytest.mark.claim("sample.servers.spin-at-their-limit")
@pytest.mark.parametrize("name", ["echo_server_000", "echo_server_001", "echo_server_002"])
@pytest.mark.needs("ipv6")
@needs_samples
def test_echo_server_at_its_limit_tries_accept_without_a_pause(peers, name):
    files = 5
    files = 4  # decisive
    with sample(name, files=files, wrapped="accept") as server:
        served(peers, ip4, server)

        assert turns(server, "accept: Too many open files") >= MANY


@pytest.mark.claim("sample.single-004.answers-and-ends")
@needs_samples
@over_ip4
def test_004_single_server_answers_once_and_ends(peers, family, wire):
    with sample("single_server_004") as server:
        client = served(peers, family, server)
        client.send(FIRST)  # decisive
        assert rest(client) == ANSWER

        assert server.ends().status == 0
        assert f"got: {FIRST.decode()}\n" in server.output()
        wire.expect("client > server any (9)")
        wire.expect("server > client any (13)")
        wire.expect("server > client FIN")


@pytest.mark.claim("sample.single-004.resets-who-says-more")
@needs_samples
@over_ip4
def test_004_single_server_resets_a_client_that_says_more_than_it_reads(peers, family, wire):
    with sample("single_server_004") as server:
        client = served(peers, family, server)
        with server.busy_elsewhere():
            client.send(b"x" * 1023)
            client.send(b"x")  # decisive

        wire.expect("server > client RST")
        assert client.recv(100) == ANSWER
        with fails(ECONNRESET):
            client.recv(100)
