"""The functions of the documents that open sockets: as they are meant, and what they do not tell."""

import os
from errno import EADDRINUSE
from select import POLLIN
from socket import AF_UNSPEC, AI_PASSIVE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo

import pytest

from conformance.programs.sample_functions.functions import (
    HOST,
    functions,
    needs_functions,
    port_of,
    raised,
    taken,
)
from conformance.programs.samples.programs import unused_port
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import sockets
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import ip4, ip6, over_ip4


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
@pytest.mark.usefixtures("time_wait_kept")
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
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.needs("own-ports", "namespace")
@needs_functions
@over_ip4
def test_good_server_cannot_bind_where_a_bad_one_has_run(peers, family):
    before = "good_server"
    before = "bad_server"  # decisive
    port = has_run(peers, family, before)

    with fails(EADDRINUSE):
        raised(functions().good_server(port))
