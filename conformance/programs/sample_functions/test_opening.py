"""The functions of the documents that open sockets: as they are meant, and what they do not tell."""

import faulthandler
import os
from errno import EADDRINUSE, ECONNREFUSED
from select import POLLIN
from signal import SIGABRT, SIGUSR1, signal
from socket import AF_UNSPEC, AI_PASSIVE, SO_LINGER, SO_REUSEADDR, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET, getaddrinfo

import pytest

from conformance.programs.sample_functions.functions import (
    CHECKED,
    behind,
    functions,
    needs_functions,
    raised,
    taken,
    telling,
)
from conformance.programs.samples.programs import unused_port
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.kernel_view import sockets
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child, in_child
from fixtures.stage.families import ip4, ip6, over_ip4

HOST = ip4.loopback.encode()
SETSIZE = 1024


def port_of(end):
    """The port at which an end is bound."""
    return end.getsockname()[1]


def full_listener(peers, family):
    """A listener that drops further SYNs: somebody waits in the one place that it has."""
    listener = peers.listener(family, backlog=0)
    peers.connecting(family, listener.getsockname(), lane="waiting")
    return listener


def crowd(count):
    """The next descriptor that this process opens has the number `count`, if it has no larger one."""
    while os.dup(0) < count - 1:
        pass


@pytest.mark.claim("sample.open-listen.first-address-only")
@pytest.mark.needs("ipv6", "own-ports", "namespace")
@needs_functions
def test_open_listen_listens_at_the_first_address_and_no_other(peers):
    port = unused_port(peers, ip4)
    first, *others = (entry[0] for entry in getaddrinfo(None, port, AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE))
    assert others == [family for family in (ip4.domain, ip6.domain) if family != first]

    listener = peers.listener(ip6 if first == ip4.domain else ip4)
    listener.close()
    listener = taken(peers, functions().open_listen(b"%d" % port), "listener")  # decisive

    assert listener.family == first
    assert [one.state for one in sockets() if one.local.endswith(f":{port}")] == ["LISTEN"]


@pytest.mark.claim("sample.create-tcp-server-socket.has-no-address")
@needs_functions
def test_create_tcp_server_socket_makes_an_address_and_does_not_use_it(peers):
    end = peers.listener(ip4)
    end = taken(peers, functions().create_tcp_server_socket(8080), "listener")  # decisive

    assert end.getsockname() == (ip4.wildcard, 0)
    assert end.getsockopt(SOL_SOCKET, SO_REUSEADDR) == 1


@pytest.mark.claim("sample.bind-to-interface.one-address")
@needs_functions
@over_ip4
def test_bind_to_interface_takes_the_address_that_is_given(peers, family):
    end = peers.socket("listener", family.domain, SOCK_STREAM)

    assert functions().bind_to_interface(end.fileno(), b"256.0.0.1", 0) == -1
    assert end.getsockname() == (family.wildcard, 0)
    assert functions().bind_to_interface(end.fileno(), HOST, 0) == 0  # decisive
    assert end.getsockname()[0] == family.loopback


@pytest.mark.claim("sample.setup-server-binding.every-address")
@pytest.mark.needs("namespace")
@needs_functions
@over_ip4
def test_setup_server_binding_binds_to_every_address(peers, family):
    end = peers.socket("listener", family.domain, SOCK_STREAM)

    assert functions().setup_server_binding(end.fileno(), 0) == 0  # decisive

    host, port = end.getsockname()
    assert host == family.wildcard
    assert port != 0


@pytest.mark.claim("sample.start-listening.backlog-as-given")
@pytest.mark.needs("sock_diag")
@over_ip4
@needs_functions
def test_start_listening_has_the_backlog_that_is_given(peers, family, sysctl):
    sysctl("net.core.somaxconn", 100)
    end = peers.listener(family, backlog=None)

    assert functions().start_listening(end.fileno(), 10) == 0  # decisive

    found = [one for one in sockets() if one.local.endswith(f":{port_of(end)}")]
    assert [(one.state, one.send_queue) for one in found] == [("LISTEN", 10)]


@pytest.mark.claim("sample.optimized-listener.takes-somaxconn")
@pytest.mark.needs("sock_diag")
@over_ip4
@needs_functions
def test_setup_optimized_listener_has_the_backlog_of_the_system(peers, family, sysctl):
    sysctl("net.core.somaxconn", 7)  # decisive
    end = peers.listener(family, backlog=None)

    assert functions().setup_optimized_listener(end.fileno()) == 0

    found = [one for one in sockets() if one.local.endswith(f":{port_of(end)}")]
    assert [(one.state, one.send_queue) for one in found] == [("LISTEN", 7)]


@pytest.mark.claim("sample.accept-nonblocking.zero-is-two-things")
@needs_functions
@over_ip4
def test_accept_nonblocking_gives_the_same_for_nobody_and_for_a_client(peers, family):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)
    listener.setblocking(False)
    library = functions()

    def twice():
        os.close(0)  # decisive
        nobody = library.accept_nonblocking(listener.fileno())
        client.connect(listener.getsockname())
        ready(listener, POLLIN)
        somebody = library.accept_nonblocking(listener.fileno())
        return nobody, somebody, library.accept_nonblocking(listener.fileno())

    assert in_child(twice).value == (0, 0, 0)


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
    before = os.listdir("/proc/self/fd")

    with fails(ECONNREFUSED):
        raised(functions().connect_to_server(HOST, port))

    assert functions().connect_to_server(b"256.0.0.1", port) == -1
    assert len(os.listdir("/proc/self/fd")) == len(before)


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
    listener = full_listener(peers, family)

    def connect():
        signal(SIGUSR1, lambda *_: None)
        return functions().connect_with_timeout(HOST, port_of(listener), 600)

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


@pytest.mark.claim("sample.unix-server.takes-the-place-of-any-file")
@needs_functions
def test_create_unix_socket_server_removes_whatever_file_has_its_name(peers, folder):
    path = folder / "app.sock"
    path.write_text("somebody's data")

    listener = taken(peers, functions().create_unix_socket_server(os.fsencode(path)), "listener")
    client = taken(peers, functions().connect_to_unix_socket(os.fsencode(path)), "client")  # decisive

    assert path.is_socket()
    assert path.stat().st_mode & 0o777 == 0o666
    client.send(b"hello")
    assert peers.accepting(listener).recv(10) == b"hello"


def has_run(peers, family, name):
    """The port of a server of that kind which has served one client, closed first, and is no more."""
    listener = taken(peers, getattr(functions(), name)(0), "listener")
    listener.listen(1)
    client = peers.connecting(family, family.address(port_of(listener)))
    server, port = peers.accepting(listener), port_of(listener)
    listener.close()
    server.close()
    assert client.recv(1) == b""
    client.close()
    return port


@pytest.mark.claim("sample.good-server.binds-after-a-good-one")
@pytest.mark.needs("own-ports", "namespace")
@needs_functions
@over_ip4
def test_good_server_binds_where_a_good_one_has_run_and_a_bad_one_does_not(peers, family):
    before = "bad_server"
    before = "good_server"  # decisive
    port = has_run(peers, family, before)

    with fails(EADDRINUSE):
        raised(functions().bad_server(port))
    assert port_of(taken(peers, functions().good_server(port), "restarted")) == port


@pytest.mark.claim("sample.good-server.not-after-a-bad-one")
@pytest.mark.needs("own-ports", "namespace")
@needs_functions
@over_ip4
def test_good_server_cannot_bind_where_a_bad_one_has_run(peers, family):
    before = "good_server"
    before = "bad_server"  # decisive
    port = has_run(peers, family, before)

    with fails(EADDRINUSE):
        raised(functions().good_server(port))


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
