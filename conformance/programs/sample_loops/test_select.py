"""The select server of 002: to whom it speaks, and what ends it."""

from signal import SIGABRT, SIGPIPE, SIGUSR1

import pytest

from conformance.programs.samples.programs import go_away, inherited, needs_samples, received, sample, served
from fixtures.stage.families import over_ip4

SELECT = "select_server_002"
FORTIFIED = ("-O2", "-D_FORTIFY_SOURCE=2")
SETSIZE = 1024


@pytest.mark.claim("sample.select-002.speaks-to-the-others-only")
@needs_samples
@over_ip4
def test_select_server_sends_what_one_says_to_the_others_and_not_back(peers, family, wire):
    with sample(SELECT) as server:
        speaker, other = (served(peers, family, server, lane=name) for name in ("speaker", "other"))

        speaker.send(b"words")  # decisive
        assert received(other, 5) == b"words"
        other.send(b"reply")

        assert received(speaker, 5) == b"reply"
        wire.expect("server > other any (5)")
        assert [packet.length for packet in wire.seen("server > speaker any (1..)")] == [5]


@pytest.mark.claim("sample.select-002.killed-by-sigpipe")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_client_that_goes_away_kills_the_select_server(peers, family):
    with sample(SELECT) as server:
        speaker, other = (served(peers, family, server, lane=name) for name in ("speaker", "other"))
        speaker.send(b"words")
        assert received(other, 5) == b"words"

        with server.busy_elsewhere():
            speaker.send(b"again")
            go_away(other, b"last")  # decisive

        server.dies_of(SIGPIPE)


@pytest.mark.claim("sample.select-002.ended-by-any-handled-signal")
@needs_samples
@over_ip4
def test_signal_that_the_program_handles_ends_the_select_server(peers, family):
    with sample(SELECT) as server:
        server.address(family)
        server.sleeps("select")

        server.kill(SIGUSR1)  # decisive

        assert server.ends().status == 0
        assert server.complaints() == "select: Interrupted system call\n"


@pytest.mark.claim("sample.select-002.aborts-above-its-set")
@pytest.mark.needs("glibc", f"descriptors:{SETSIZE + 8}")
@needs_samples
@over_ip4
def test_select_server_that_is_fortified_aborts_at_descriptor_1024(peers, family):
    count = SETSIZE - 2
    count = SETSIZE - 1  # decisive
    with sample(SELECT, *FORTIFIED, before=inherited(count)) as server:
        client = served(peers, family, server)
        client.send(b"words")

        server.dies_of(SIGABRT)
