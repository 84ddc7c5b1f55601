"""What an accepted socket has of its listener, option by option, and what it has not."""

from errno import ENOENT
from fcntl import F_GETOWN, F_SETOWN, fcntl
from os import getpid
from select import POLLIN
from socket import IPPROTO_TCP, SO_KEEPALIVE, SO_OOBINLINE, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY

import pytest

from conformance.configuration.filters.programs import RETURN, SO_DETACH_FILTER, attach
from conformance.configuration.inheritance.table import (
    FLAGS_OF_UNIX,
    OF_IP4,
    OF_IP6,
    OF_SOCKETS,
    OF_TCP,
    OF_UNIX_LISTENERS_ALONE,
    OWN,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip6, over, over_ip, over_ip4, over_streams, over_unix

LATE = [(SOL_SOCKET, SO_KEEPALIVE), (SOL_SOCKET, SO_OOBINLINE), (IPPROTO_TCP, TCP_NODELAY)]
late = pytest.mark.parametrize(("level", "option"), LATE, ids=["SO_KEEPALIVE", "SO_OOBINLINE", "TCP_NODELAY"])


def each(settings):
    return pytest.mark.parametrize("setting", settings)


def told(end, setting):
    """The value, as far as it matters: some have grown with time."""
    return end.getsockopt(setting.level, setting.option, 64)[: len(setting.told)]


def accepted(peers, family, listener):
    """The socket of the first connection to a listener that listens from now on."""
    listener.listen()
    peers.connecting(family, listener.getsockname())
    return peers.accepting(listener)


@pytest.mark.claim("tcp.accepted.options-of-sockets")
@each(OF_SOCKETS)
@over_ip
def test_accepted_socket_has_the_option_of_its_listener(peers, family, setting):
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    server = accepted(peers, family, listener)

    assert told(server, setting) == setting.told


@pytest.mark.claim("tcp.accepted.options-of-tcp")
@pytest.mark.usefixtures("fastopen_for_clients")
@each(OF_TCP)
@over_ip
def test_accepted_socket_has_the_tcp_option_of_its_listener(peers, family, setting):
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    server = accepted(peers, family, listener)

    assert told(server, setting) == setting.told


@pytest.mark.claim("tcp.accepted.options-of-ip4")
@pytest.mark.usefixtures("no_reflection")
@each(OF_IP4)
@over_ip4
def test_accepted_socket_has_the_ip_option_of_its_listener(peers, family, setting):
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    server = accepted(peers, family, listener)

    assert told(server, setting) == setting.told


@pytest.mark.claim("tcp.accepted.options-of-ip6")
@pytest.mark.usefixtures("no_reflection")
@each(OF_IP6)
@over(ip6)
def test_accepted_socket_has_the_ipv6_option_of_its_listener(peers, family, setting):
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    server = accepted(peers, family, listener)

    assert told(server, setting) == setting.told


@pytest.mark.claim("tcp.accepted.values-of-its-own")
@each(OWN)
@over_ip
def test_accepted_socket_has_a_value_of_its_own(peers, family, setting):
    listener = peers.listener(family)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    client = peers.connecting(family, listener.getsockname())
    client.send(b"for TCP_DEFER_ACCEPT")

    server = peers.accepting(listener)
    assert told(listener, setting) != setting.told
    assert told(server, setting) == setting.told


@pytest.mark.claim("tcp.accepted.as-of-the-handshake")
@late
@over_ip
def test_option_that_is_set_after_the_handshake_comes_too_late(peers, family, level, option):
    listener = peers.listener(family)
    peers.connecting(family, listener.getsockname())
    ready(listener, POLLIN)

    listener.setsockopt(level, option, 1)  # decisive

    server = peers.accepting(listener)
    assert listener.getsockopt(level, option) == 1
    assert server.getsockopt(level, option) == 0


@pytest.mark.claim("tcp.accepted.filter-of-the-listener")
@pytest.mark.needs("filter")
@over_ip
def test_accepted_socket_has_the_filter_of_its_listener(peers, family):
    listener = peers.listener(family)
    attach(listener, (RETURN, 0xFFFF))  # decisive

    peers.connecting(family, listener.getsockname())

    server = peers.accepting(listener)
    server.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)
    with fails(ENOENT):
        server.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)


@pytest.mark.claim("stream.accepted.no-owner")
@over_streams
def test_accepted_socket_has_not_the_owner_of_its_listener(peers, family):
    listener = peers.listener(family)
    fcntl(listener, F_SETOWN, getpid())  # decisive

    peers.connecting(family, listener.getsockname())

    server = peers.accepting(listener)
    owned = [bool(fcntl(end, F_GETOWN)) for end in (listener, server)]
    assert owned == [True, False]


@pytest.mark.claim("unix.accepted.flags-of-the-listener")
@each(FLAGS_OF_UNIX)
@over_unix
def test_accepted_unix_socket_passes_what_its_listener_passes(peers, family, setting):
    listener = peers.listener(family, backlog=None)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    server = accepted(peers, family, listener)

    assert told(server, setting) == setting.told


@pytest.mark.claim("unix.accepted.no-other-option")
@each(OF_UNIX_LISTENERS_ALONE)
@over_unix
def test_accepted_unix_socket_has_the_values_of_a_new_one(peers, family, setting):
    listener, new = peers.listener(family), peers.socket("new", family.domain, SOCK_STREAM)
    listener.setsockopt(setting.level, setting.option, setting.value)  # decisive

    peers.connecting(family, listener.getsockname())

    server = peers.accepting(listener)
    seen = [told(end, setting) for end in (listener, server, new)]
    assert seen[0] == setting.told
    assert seen[1] == seen[2] != setting.told
