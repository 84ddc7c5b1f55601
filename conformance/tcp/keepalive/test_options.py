"""The options: what they are before anybody sets them, what reads back, which values they take."""

from errno import EINVAL
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOCK_STREAM, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL

import pytest

from conformance.tcp.keepalive.probing import SYSCTLS, timer, values
from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import Ends
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip, over_ip_and_mapped
from fixtures.stage.namespaces import fresh_namespace

BEYOND = {
    "TCP_KEEPIDLE": (TCP_KEEPIDLE, (-1, 0, 32768)),
    "TCP_KEEPINTVL": (TCP_KEEPINTVL, (-1, 0, 32768)),
    "TCP_KEEPCNT": (TCP_KEEPCNT, (-1, 0, 128)),
}


@pytest.mark.claim("tcp.keepalive.off-by-default")
@pytest.mark.needs("sock_diag")
@over_ip_and_mapped
def test_new_connection_has_keepalive_off_at_both_ends(stream_pair):
    client, server = stream_pair

    assert (client.getsockopt(SOL_SOCKET, SO_KEEPALIVE), server.getsockopt(SOL_SOCKET, SO_KEEPALIVE)) == (0, 0)
    until(lambda: timer(client)[0] == timer(server)[0] == "", what="no timer at either end")

    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive

    assert (client.getsockopt(SOL_SOCKET, SO_KEEPALIVE), server.getsockopt(SOL_SOCKET, SO_KEEPALIVE)) == (1, 0)
    assert timer(server)[0] == ""


@pytest.mark.claim("tcp.keepalive.switches-the-timer")
@pytest.mark.needs("sock_diag")
@over_ip_and_mapped
def test_option_starts_and_stops_the_timer(stream_pair):
    client, _ = stream_pair
    client.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 100)

    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive
    until(lambda: timer(client)[0] == "keepalive", what="the keepalive timer")
    assert 80 < timer(client)[1] <= 100

    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 0)  # decisive
    assert timer(client)[0] == ""


@pytest.mark.claim("tcp.keepalive.default-values")
@pytest.mark.needs("namespace")
@over_ip
def test_values_where_nobody_has_changed_them(peers, family):
    with fresh_namespace():
        end = peers.socket("client", family.domain, SOCK_STREAM)

        assert values(end) == [0, 7200, 75, 9]
        end.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 31)  # decisive

        assert values(end) == [0, 31, 75, 9]


@pytest.mark.claim("tcp.keepalive.options-of-one-socket")
@over_ip_and_mapped
def test_values_read_back_on_the_socket_that_has_them_only(stream_pair):
    client, server = stream_pair
    before = values(server)

    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive
    client.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 31)  # decisive
    client.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 12)  # decisive
    client.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 4)  # decisive

    assert values(client) == [1, 31, 12, 4]
    assert values(server) == before


@pytest.mark.claim("tcp.keepalive.options-have-limits")
@pytest.mark.parametrize("name", BEYOND)
@over_ip
def test_values_beyond_the_limits_are_refused(peers, family, name):
    end = peers.socket("client", family.domain, SOCK_STREAM)
    option, (negative, zero, large) = BEYOND[name]
    end.setsockopt(IPPROTO_TCP, option, large - 1)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_TCP, option, negative)  # decisive
    with fails(EINVAL):
        end.setsockopt(IPPROTO_TCP, option, zero)  # decisive
    with fails(EINVAL):
        end.setsockopt(IPPROTO_TCP, option, large)  # decisive

    assert end.getsockopt(IPPROTO_TCP, option) == large - 1


@pytest.mark.claim("tcp.keepalive.sysctls-give-defaults")
@pytest.mark.parametrize("name", SYSCTLS)
@over_ip
def test_sysctl_is_the_value_of_sockets_without_their_own(peers, family, name, sysctl):
    old, own = (peers.socket(lane, family.domain, SOCK_STREAM) for lane in ("old", "own"))
    own.setsockopt(IPPROTO_TCP, SYSCTLS[name], 7)

    sysctl(name, 66)  # decisive

    new = peers.socket("new", family.domain, SOCK_STREAM)
    assert [end.getsockopt(IPPROTO_TCP, SYSCTLS[name]) for end in (old, own, new)] == [66, 7, 66]


@pytest.mark.claim("tcp.keepalive.accepted-inherits")
@pytest.mark.needs("sock_diag")
@over_ip
def test_accepted_socket_has_the_options_of_its_listener(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)  # decisive
    for option, number in ((TCP_KEEPIDLE, 100), (TCP_KEEPINTVL, 12), (TCP_KEEPCNT, 4)):
        listener.setsockopt(IPPROTO_TCP, option, number)  # decisive

    peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)

    assert values(server) == [1, 100, 12, 4]
    until(lambda: Ends.of(server).seen().timer == "keepalive", what="the keepalive timer")
