"""Which congestion control a socket has: by the setting, by TCP_CONGESTION, by its listener."""

import os
from errno import EACCES, ENOENT, EPERM
from socket import AF_INET, IPPROTO_TCP, SOCK_STREAM, TCP_CONGESTION

import pytest

from conformance.configuration.values.settings import unprivileged
from conformance.stream.sending.buffers import received
from conformance.tcp.congestion.algorithms import ALLOWED, AVAILABLE, SETTING, algorithm, another, default
from fixtures.evidence.expect import fails
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.families import over_ip
from fixtures.stage.sysctls import path_of, read_sysctl


@pytest.mark.claim("tcp.congestion.default-from-setting")
@pytest.mark.needs("sysctl:net.ipv4.tcp_congestion_control")
@over_ip
def test_new_socket_has_the_algorithm_of_the_setting(peers, family, sysctl):
    before, wanted = default(), another()
    older = peers.socket("older", family.domain, SOCK_STREAM)

    sysctl(SETTING, wanted)  # decisive

    assert algorithm(peers.socket("client", family.domain, SOCK_STREAM)) == wanted
    assert algorithm(older) == before


@pytest.mark.claim("tcp.congestion.setting-refuses-unknown")
@pytest.mark.needs("sysctl:net.ipv4.tcp_congestion_control")
@over_ip
def test_setting_refuses_an_algorithm_that_is_not_there(namespace, peers, family):
    before = default()

    with fails(ENOENT):
        path_of(SETTING).write_text("nosuch\n", encoding="ascii")  # decisive

    assert read_sysctl(SETTING) == before
    assert algorithm(peers.socket("client", family.domain, SOCK_STREAM)) == before


@pytest.mark.claim("tcp.congestion.per-socket")
@over_ip
def test_one_socket_has_another_algorithm(stream_pair, peers, family):
    client, server = stream_pair
    wanted, before = another(), default()

    client.setsockopt(IPPROTO_TCP, TCP_CONGESTION, wanted.encode())  # decisive

    assert (algorithm(client), algorithm(server)) == (wanted, before)
    assert client.send(b"data") == 4
    assert received(server, 4) == b"data"


@pytest.mark.claim("tcp.congestion.unknown-refused")
@over_ip
def test_algorithm_that_is_not_there_is_refused(peers, family):
    end = peers.socket("client", family.domain, SOCK_STREAM)

    with fails(ENOENT):
        end.setsockopt(IPPROTO_TCP, TCP_CONGESTION, b"nosuch")  # decisive

    assert algorithm(end) == default()


@pytest.mark.claim("tcp.congestion.accepted-inherits")
@over_ip
def test_accepted_socket_has_the_algorithm_of_its_listener(peers, family):
    listener, wanted = peers.listener(family), another()
    listener.setsockopt(IPPROTO_TCP, TCP_CONGESTION, wanted.encode())  # decisive

    client = peers.connecting(family, listener.getsockname())

    assert algorithm(peers.accepting(listener)) == wanted
    assert algorithm(client) == default()


@pytest.mark.claim("tcp.congestion.restricted-needs-privilege")
def test_algorithm_that_is_not_allowed_needs_privilege(peers):
    end = peers.socket("end", AF_INET, SOCK_STREAM)
    restricted = set(read_sysctl(AVAILABLE).split()) - set(read_sysctl(ALLOWED).split())
    if not restricted:
        raise Unavailable("every algorithm that is there is allowed", verdict="unsupported")

    told = {}
    told = {name: chosen_unprivileged(end, name) for name in restricted}  # decisive

    assert told.keys() == restricted
    chosen = {name for name in told if told[name] != EPERM}
    assert chosen <= set(read_sysctl(ALLOWED).split())  # the list is the machine's, and grows


def chosen_unprivileged(end, name):
    """The errno with which somebody without privilege chooses an algorithm; 0 where he may."""
    try:
        unprivileged(lambda: end.setsockopt(IPPROTO_TCP, TCP_CONGESTION, name.encode()))
    except OSError as error:
        return error.errno
    return 0


@pytest.mark.claim("tcp.congestion.allowed-needs-none")
def test_algorithms_that_are_allowed_need_no_privilege(peers):
    end, chosen = peers.socket("end", AF_INET, SOCK_STREAM), {}

    chosen = {name: chosen_unprivileged(end, name) for name in read_sysctl(ALLOWED).split()}  # decisive

    assert chosen
    assert set(chosen.values()) == {0}


@pytest.mark.claim("tcp.congestion.available-is-read-only")
def test_list_of_what_is_there_cannot_be_written(peers):
    end = peers.socket("end", AF_INET, SOCK_STREAM)

    with fails(EACCES):
        os.open(path_of(AVAILABLE), os.O_WRONLY)  # decisive

    assert {algorithm(end), *read_sysctl(ALLOWED).split()} <= set(read_sysctl(AVAILABLE).split())
