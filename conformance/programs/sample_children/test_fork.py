"""The server of 004 with a child for each client: who is served, what is left, and what is said twice."""

import os
import pty
from select import POLLIN

import pytest

from conformance.programs.samples.programs import asked, go_away, needs_samples, rest, sample, served
from fixtures.evidence.waiting import readiness, until
from fixtures.stage.families import over_ip4

FORK = "fork_server_004"
STRICT = "-std=c99"
BANNER = "banner of the server\n"
CLIENTS = 3


def serve_in_turn(peers, family, server, count=CLIENTS):
    """So many clients are served, one after the other, and their children have ended."""
    for number in range(count):
        client = served(peers, family, server, lane=f"client{number}")
        until(lambda: set(server.children().values()) - {"Z"}, what="a child that serves")
        server.sleeps("accept")
        assert asked(client, b"hello") == b"hello"
        assert rest(client) == b""
        until(lambda: set(server.children().values()) <= {"Z"}, what="the end of the child")


def stay(client, last):
    """Sends a last message and waits for the answer."""
    client.send(last)


@pytest.mark.claim("sample.fork-004.serves-while-one-is-idle")
@needs_samples
@over_ip4
def test_fork_server_serves_others_while_one_is_idle(peers, family, wire):
    with sample(FORK) as server:
        idle = served(peers, family, server, lane="idle")
        client = served(peers, family, server)

        assert asked(client, b"hello") == b"hello"
        assert rest(client) == b""
        assert readiness(idle, POLLIN) == 0
        wire.expect("server > client FIN")
        idle.send(b"late")  # decisive
        wire.expect("server > idle any (4)")


@pytest.mark.claim("sample.fork-004.reaps-its-children")
@needs_samples
@over_ip4
def test_fork_server_leaves_no_zombie_and_is_not_interrupted(peers, family):
    options = [STRICT]
    options = []  # decisive
    with sample(FORK, *options) as server:
        serve_in_turn(peers, family, server)

        until(lambda: server.children() == {}, what="no child")
        assert set(server.complaints().splitlines()) == set()


@pytest.mark.claim("sample.fork-004.strict-macros-leave-zombies")
@pytest.mark.needs("glibc")
@needs_samples
@over_ip4
def test_fork_server_in_strict_c_leaves_all_but_one_as_zombies(peers, family):
    options = []
    options = [STRICT]  # decisive
    with sample(FORK, *options) as server:
        serve_in_turn(peers, family, server)

        until(lambda: list(server.children().values()) == ["Z"] * (CLIENTS - 1), what="two zombies")
        assert server.complaints() == "accept: Interrupted system call\n"
        assert not server.has_ended()


@pytest.mark.claim("sample.fork-004.banner-once-a-child")
@needs_samples
@over_ip4
def test_fork_server_that_writes_to_a_file_says_its_banner_once_a_child(peers, family):
    with sample(FORK) as server:
        server.address(family)
        assert server.output() == ""

        serve_in_turn(peers, family, server)  # decisive

        assert server.output() == (BANNER + "client: hello\n") * CLIENTS


def shown_on(terminal, count):
    """What a terminal shows, once it has told of so many clients; the kernel hands it on when it finds the time."""
    said = ""

    def shown():
        nonlocal said
        while readiness(terminal, POLLIN):
            said += os.read(terminal.fileno(), 1 << 16).decode().replace("\r\n", "\n")
        return said.count("client: ") == count

    until(shown, what=f"{count} clients on the terminal")
    return said


@pytest.mark.claim("sample.fork-004.banner-once-on-a-terminal")
@pytest.mark.needs("pty")
@needs_samples
@over_ip4
def test_fork_server_on_a_terminal_says_its_banner_once(peers, family):
    ours, terminal = (os.fdopen(number, "rb", buffering=0) for number in pty.openpty())
    with ours, terminal:
        stdout = None
        stdout = terminal.fileno()  # decisive
        with sample(FORK, stdout=stdout) as server:
            serve_in_turn(peers, family, server)

            said = shown_on(ours, count=CLIENTS)
            assert said == BANNER + "client: hello\n" * CLIENTS


@pytest.mark.claim("sample.fork-004.survives-who-goes-away")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_client_that_goes_away_kills_its_child_and_not_the_fork_server(peers, family):
    with sample(FORK) as server:
        server.address(family)
        leave = stay
        leave = go_away  # decisive
        with server.busy_elsewhere():
            leave(served(peers, family, server), b"last")

        client = served(peers, family, server, lane="next")
        assert asked(client, b"hello") == b"hello"
        assert rest(client) == b""
        until(lambda: server.children() == {}, what="no child")
        assert server.output() == BANNER + "client: hello\n"  # who was killed has written nothing


@pytest.mark.claim("sample.fork-004.no-child-keeps-the-client")
@needs_samples
@over_ip4
def test_client_for_whom_no_child_could_be_made_is_kept_and_not_served(peers, family, wire):
    wrapped = None
    wrapped = "fork"  # decisive
    with sample(FORK, wrapped=wrapped) as server:
        client = served(peers, family, server)
        client.send(b"hello")
        until(lambda: server.complaints() == "fork: Resource temporarily unavailable\n", what="fork() to fail")

        server.sleeps("accept")
        assert server.connections() == 1
        assert readiness(client, POLLIN) == 0
        wire.never("server > client FIN")


@pytest.mark.claim("sample.fork-004.crash-ends-one")
@needs_samples
@over_ip4
def test_child_that_crashes_takes_nobody_with_it(peers, family):
    options = []
    options = ["-DFRAGILE=1"]  # decisive
    with sample(FORK, *options) as server:
        first = served(peers, family, server, lane="first")
        other = served(peers, family, server, lane="other")

        assert asked(first, b"crash") == b""

        assert asked(other, b"hello") == b"hello"
        assert not server.has_ended()
