"""The functions of the documents that connect: as they are meant, what they take for a failure, and what they leak."""

import faulthandler
import os
from errno import ECONNREFUSED
from signal import SIGABRT, SIGUSR1, signal
from socket import SO_LINGER, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.programs.sample_functions.functions import (
    CHECKED,
    HOST,
    behind,
    functions,
    needs_functions,
    port_of,
    raised,
    taken,
    telling,
)
from conformance.programs.samples.programs import unused_port
from fixtures.evidence.expect import fails, linger
from fixtures.stage.children import child, in_child
from fixtures.stage.families import over_ip4

SETSIZE = 1024


def full_listener(peers, family):
    """A listener that drops further SYNs: somebody waits in the one place that it has."""
    listener = peers.listener(family, backlog=0)
    peers.connecting(family, listener.getsockname(), lane="waiting")
    return listener


def crowd(count):
    """The next descriptor that this process opens has the number `count`, if it has no larger one."""
    while os.dup(0) < count - 1:
        pass


@pytest.mark.claim("sample.connect-to-server.meets-accept-client-connection")
@needs_functions
@over_ip4
def test_connect_to_server_and_accept_client_connection_meet(peers, family):
    listener, library = peers.listener(family), functions()

    client = taken(peers, library.connect_to_server(HOST, port_of(listener)), "client")  # decisive
    with telling(library) as said:
        server = taken(peers, library.accept_client_connection(listener.fileno()), "server")

        assert said() == f"client {family.loopback}:{port_of(client)}\n"
    client.send(b"hello")
    assert server.recv(10) == b"hello"


@pytest.mark.claim("sample.connect-to-server.fails-where-nobody-is")
@needs_functions
@over_ip4
def test_connect_to_server_fails_and_keeps_nothing_where_nobody_is(peers, family):
    port = port_of(peers.listener(family))
    port = unused_port(peers, family)  # decisive
    library = functions()

    def held():
        before = set(os.listdir("/proc/self/fd"))
        with fails(ECONNREFUSED):
            raised(library.connect_to_server(HOST, port))
        result = library.connect_to_server(b"256.0.0.1", port)
        return result, len(set(os.listdir("/proc/self/fd")) - before)

    assert in_child(held).value == (-1, 0)  # where nobody closes captures beside


@pytest.mark.claim("sample.connect-with-timeout.connects-and-blocks-again")
@needs_functions
@over_ip4
def test_connect_with_timeout_gives_a_blocking_connection(peers, family):
    listener, client = peers.listener(family), peers.socket("other", family.domain, SOCK_STREAM | SOCK_NONBLOCK)

    client = taken(peers, functions().connect_with_timeout(HOST, port_of(listener), 600), "client")  # decisive

    assert os.get_blocking(client.fileno())
    assert peers.accepting(listener).getpeername() == client.getsockname()


@pytest.mark.claim("sample.connect-with-timeout.signal-is-taken-for-failure")
@pytest.mark.needs("namespace")
@needs_functions
@over_ip4
def test_connect_with_timeout_gives_up_at_a_signal(peers, family, wire):
    listener, library = full_listener(peers, family), functions()

    def connect():
        signal(SIGUSR1, lambda *_: None)
        return library.connect_with_timeout(HOST, port_of(listener), 600)

    with child(connect) as client:
        wire.expect("* > listener SYN")
        wire.expect("waiting > listener ACK")
        wire.expect("* > listener SYN")
        client.is_blocked_in("select")
        client.kill(SIGUSR1)  # decisive

        assert client.ends().value == -1


@pytest.mark.claim("sample.connect-with-timeout.aborts-above-its-set")
@pytest.mark.needs("glibc", f"descriptors:{SETSIZE + 40}")
@needs_functions
@over_ip4
def test_connect_with_timeout_that_is_fortified_aborts_at_descriptor_1024(peers, family):
    port, library = port_of(full_listener(peers, family)), functions(*CHECKED)

    def connect(count):
        faulthandler.disable()  # it would tell of the abort
        crowd(count)
        library.connect_with_timeout(HOST, port, 0)

    assert in_child(lambda: connect(SETSIZE - 1)).status == 0
    count = SETSIZE - 1
    count = SETSIZE  # decisive
    assert in_child(lambda: connect(count)).signal is SIGABRT


@pytest.mark.claim("sample.connect-with-timeout.writes-behind-its-set")
@pytest.mark.needs(f"descriptors:{SETSIZE + 40}")
@needs_functions
@over_ip4
def test_connect_with_timeout_that_is_not_fortified_writes_behind_its_set(peers, family):
    port, library = port_of(full_listener(peers, family)), functions()

    def connect(count):
        crowd(count)
        library.connect_with_timeout(HOST, port, 0)
        return behind(library)

    assert in_child(lambda: connect(SETSIZE - 1)).value.count(0) == SETSIZE
    count = SETSIZE - 1
    count = SETSIZE  # decisive
    assert in_child(lambda: connect(count)).value.count(0) == SETSIZE - 1


LEAKS = [("leaky_client", 1), ("safe_client", 0), ("handle_request_before", 1), ("handle_request_after", 0)]
"""Functions, and how many descriptors they keep where their work fails."""


@pytest.mark.claim("sample.leaky-client.keeps-its-descriptor")
@pytest.mark.parametrize(("name", "kept"), LEAKS)
@needs_functions
@over_ip4
def test_client_that_returns_where_it_fails_keeps_its_descriptor(peers, family, name, kept):
    listener, library = peers.listener(family), functions()

    def held():
        before = set(os.listdir("/proc/self/fd"))
        result = getattr(library, name)(HOST, port_of(listener))
        return result, len(set(os.listdir("/proc/self/fd")) - before)

    with child(held) as client:
        server = peers.accepting(listener)
        client.is_blocked_in("read")  # a reset that overtakes connect() would fail that instead
        server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))  # decisive
        server.close()

        assert client.ends().value == (-1, kept)


@pytest.mark.claim("sample.leaky-client.keeps-an-unconnected-one")
@pytest.mark.parametrize(("name", "kept"), [("leaky_client", 1), ("safe_client", 0)])
@needs_functions
@over_ip4
def test_client_that_could_not_connect_keeps_its_descriptor(peers, family, name, kept):
    port = port_of(peers.listener(family))
    port = unused_port(peers, family)  # decisive
    library = functions()

    def held():
        before = set(os.listdir("/proc/self/fd"))
        with fails(ECONNREFUSED):
            raised(getattr(library, name)(HOST, port))
        return len(set(os.listdir("/proc/self/fd")) - before)

    assert in_child(held).value == kept


@pytest.mark.claim("sample.performance-test.never-ends")
@needs_functions
def test_performance_comparison_waits_for_an_answer_that_nobody_gives(folder):
    path = os.fsencode(folder / "perf.sock")
    library = functions()

    with child(lambda: library.performance_comparison_test(path)) as test:
        test.is_blocked_in("read")  # decisive

        assert (folder / "perf.sock").is_socket()
