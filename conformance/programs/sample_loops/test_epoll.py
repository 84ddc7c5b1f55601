"""The epoll servers of 001 and 002: what a slow reader loses, who ends them, and who is not served."""

from select import POLLIN
from signal import SIGPIPE
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET

import pytest

from conformance.programs.sample_loops.loops import FEW, LITTLE, MUCH, all_there_is, has_heard, slow_reader
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
from fixtures.evidence.expect import linger
from fixtures.evidence.kernel_view import Ends, is_in
from fixtures.evidence.waiting import readiness, until
from fixtures.stage.families import ip4, over_ip4

NB, EPOLL = "echo_nb_001", "epoll_server_002"
needs_small_buffers = pytest.mark.needs("sysctl:net.ipv4.tcp_wmem", "sock_diag")


def echoed(peers, family, name, message):
    """What a reader gets that begins to read when all has been said, and what it gets for a word more."""
    with sample(name) as server:
        client = slow_reader(peers, family, server)
        client.sendall(message)
        has_heard(server, Ends.of(client))
        return all_there_is(client), asked(client, b"next")


@pytest.mark.claim("sample.echo-nb-001.slow-reader-loses")
@pytest.mark.needs("ipv6")
@needs_small_buffers
@needs_samples
@over_ip4
def test_slow_reader_loses_what_echo_nb_could_not_send(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", LITTLE)

    message = FEW
    message = MUCH  # decisive
    came, after = echoed(peers, family, NB, message)

    assert 0 < len(came) < len(message)
    assert came.startswith(FEW)
    assert after == b"next"


@pytest.mark.claim("sample.echo-nb-001.keeps-what-it-never-sends")
@pytest.mark.needs("ipv6")
@needs_small_buffers
@needs_samples
@over_ip4
def test_echo_nb_keeps_the_memory_of_what_it_lost(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", LITTLE)
    with sample(NB, "-O0") as server:
        client = slow_reader(peers, family, server)
        before = server.memory()
        message = FEW
        message = MUCH  # decisive
        client.sendall(message)
        has_heard(server, Ends.of(client))

        lost = len(MUCH) - len(all_there_is(client))
        assert server.memory() - before > lost / 2


@pytest.mark.claim("sample.epoll-002.slow-reader-loses")
@needs_small_buffers
@needs_samples
@over_ip4
def test_slow_reader_loses_what_the_epoll_server_could_not_write(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", LITTLE)

    message = FEW
    message = MUCH  # decisive
    came, after = echoed(peers, family, EPOLL, message)

    assert 0 < len(came) < len(message)
    assert came.startswith(FEW)
    assert after == b"next"


@pytest.mark.claim("sample.echo-nb-001.half-close-loses-the-rest")
@pytest.mark.needs("ipv6")
@needs_small_buffers
@needs_samples
@over_ip4
def test_client_that_ends_its_side_loses_the_rest_of_its_echo(peers, family, sysctl):
    sysctl("net.ipv4.tcp_wmem", LITTLE)
    with sample(NB) as server:
        client = slow_reader(peers, family, server)
        message = FEW
        message = MUCH  # decisive
        client.sendall(message)
        client.shutdown(SHUT_WR)
        until(lambda: server.connections() == 0, what="the server to close")

        came = rest(client)

        assert 0 < len(came) < len(message)
        assert came.startswith(FEW)


@pytest.mark.claim("sample.epoll-002.half-close-is-never-closed")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_client_that_ends_its_side_never_sees_the_end_of_the_epoll_server(peers, family, wire):
    with sample(EPOLL) as server:
        client = served(peers, family, server)
        assert asked(client, b"first") == b"first"
        ends = Ends.of(client)
        client.shutdown(SHUT_WR)  # decisive
        has_heard(server, ends)

        is_in(ends.reversed, "CLOSE_WAIT")
        assert server.connections() == 1
        assert readiness(client, POLLIN) == 0
        wire.never("server > client FIN")


@pytest.mark.claim("sample.epoll-002.killed-by-sigpipe")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_client_that_goes_away_kills_the_epoll_server(peers, family):
    with sample(EPOLL) as server:
        client = served(peers, family, server)
        assert asked(client, b"first") == b"first"

        with server.busy_elsewhere():
            go_away(client, b"last")  # decisive

        server.dies_of(SIGPIPE)


@pytest.mark.claim("sample.echo-nb-001.survives-who-goes-away")
@pytest.mark.needs("ipv6", "sock_diag")
@needs_samples
@over_ip4
def test_echo_nb_survives_a_client_that_goes_away(peers, family):
    name = EPOLL
    name = NB  # decisive
    with sample(name) as server:
        client = served(peers, family, server)
        assert asked(client, b"first") == b"first"
        with server.busy_elsewhere():
            go_away(client, b"last")

        assert asked(served(peers, family, server, lane="next"), b"next") == b"next"


@pytest.mark.claim("sample.epoll-002.limit-leaves-one-unserved")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_who_came_at_the_limit_is_not_served_when_there_is_room_again(peers, family):
    with sample(EPOLL, files=6) as server:
        first = served(peers, family, server, lane="first")
        assert asked(first, b"first") == b"first"
        second = served(peers, family, server, lane="second")
        second.send(b"second")
        until(lambda: "accept: Too many open files" in server.complaints(), what="the limit")
        first.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
        first.close()
        until(lambda: server.connections() == 0, what="room again")

        server.sleeps("epoll_wait")
        assert readiness(second, POLLIN) == 0
        third = served(peers, family, server, lane="third")  # decisive
        assert received(second, 6) == b"second"
        assert readiness(third, POLLIN) == 0


@pytest.mark.claim("sample.echo-nb-001.spins-at-its-limit")
@pytest.mark.needs("ipv6")
@needs_samples
def test_echo_nb_at_its_limit_is_woken_without_a_pause(peers):
    with sample(NB, files=5) as server:
        server.address(ip4)
        server.sleeps("epoll_wait")

        served(peers, ip4, server)  # decisive

        assert turns(server, "accept: Too many open files") >= MANY


@pytest.mark.claim("sample.skeleton-000.accepts-all-and-reads-none")
@pytest.mark.usefixtures("long_queues")
@pytest.mark.needs("sock_diag")
@needs_samples
@over_ip4
def test_loop_of_000_takes_all_who_wait_and_is_told_of_their_data_once(peers, family):
    with sample("skeleton_000") as server:
        server.address(family)
        with server.busy_elsewhere():
            clients = [served(peers, family, server, lane=f"client{number}") for number in range(3)]
            for client in clients:
                client.send(b"words")  # decisive

        until(lambda: server.connections() == len(clients), what="all to be taken")
        server.sleeps("epoll_wait")
        assert [Ends.of(client).reversed.seen().receive_queue for client in clients] == [5, 5, 5]
