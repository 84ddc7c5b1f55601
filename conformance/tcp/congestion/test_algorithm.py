"""Which congestion control a socket has: by the setting, by TCP_CONGESTION, by its listener."""

from errno import ENOENT
from socket import IPPROTO_TCP, SOCK_STREAM, TCP_CONGESTION

import pytest

from conformance.stream.sending.buffers import received
from conformance.tcp.congestion.algorithms import SETTING, algorithm, another, default
from fixtures.evidence.expect import fails
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
