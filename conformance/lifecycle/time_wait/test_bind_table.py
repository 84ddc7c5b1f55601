"""Which bind() succeeds: option on the old socket, option on the new one, who holds the address, and its spelling.

The table of outcomes, alike for every overlap of specific address and wildcard:

    held by                old 0 new 0    old 0 new 1    old 1 new 0    old 1 new 1
    listener               EADDRINUSE     EADDRINUSE     EADDRINUSE     EADDRINUSE
    bound socket           EADDRINUSE     EADDRINUSE     EADDRINUSE     bound
    accepted connection    EADDRINUSE     EADDRINUSE     EADDRINUSE     bound
    TIME_WAIT              EADDRINUSE     EADDRINUSE     EADDRINUSE     bound
"""

from errno import EADDRINUSE
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.time_wait.closing import spent
from conformance.lifecycle.time_wait.holders import (
    BOUND,
    CONNECTION,
    LISTENER,
    TIME_WAIT,
    held_by,
    options,
    overlapping,
)
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_ip, over_ip4

pytestmark = pytest.mark.needs("own-ports")


@pytest.mark.claim("tcp.reuseaddr.listener-refuses")
@overlapping
@options((0, 0), (0, 1), (1, 0), (1, 1))
@over_ip
def test_address_of_a_listener_is_refused(peers, family, old_has, new_has, overlap):
    old_host, new_host = overlap.hosts(family)
    port = LISTENER.port(peers, family, old_host, old_has)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, new_has)

    with fails(EADDRINUSE):
        new.bind(family.address(port, new_host))  # decisive

    assert new.getsockname()[1] == 0


@pytest.mark.claim("tcp.reuseaddr.both-must-have-it")
@overlapping
@options((0, 0), (0, 1), (1, 0))
@held_by(BOUND, CONNECTION, TIME_WAIT)
@over_ip
def test_address_is_refused_unless_both_sockets_have_the_option(peers, family, holder, old_has, new_has, overlap):
    old_host, new_host = overlap.hosts(family)
    port = holder.port(peers, family, old_host, old_has)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, new_has)

    with fails(EADDRINUSE):
        new.bind(family.address(port, new_host))  # decisive

    assert new.getsockname()[1] == 0


@pytest.mark.claim("tcp.reuseaddr.both-must-have-it")
@pytest.mark.needs("sock_diag")
@options((0, 0), (0, 1), (1, 0))
@over_ip
def test_address_that_connect_chose_is_refused_unless_both_sockets_have_the_option(peers, family, old_has, new_has):
    address = spent(peers, family, old_has)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, new_has)

    with fails(EADDRINUSE):
        new.bind(address)  # decisive

    assert new.getsockname()[1] == 0


@pytest.mark.claim("tcp.reuseaddr.granted-to-both")
@pytest.mark.needs("namespace", "sock_diag")
@over_ip
def test_address_that_connect_chose_is_granted_when_both_sockets_have_the_option(peers, family):
    address = spent(peers, family, 1)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive

    new.bind(address)  # decisive

    assert new.getsockname() == address


@pytest.mark.claim("tcp.reuseaddr.granted-to-both")
@overlapping
@held_by(BOUND, CONNECTION, TIME_WAIT)
@over_ip
def test_address_is_granted_when_both_sockets_have_the_option(peers, family, holder, overlap):
    old_host, new_host = overlap.hosts(family)
    port = holder.port(peers, family, old_host, 1)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive

    new.bind(family.address(port, new_host))  # decisive
    new.listen(1)

    assert new.getsockname()[:2] == (new_host, port)
    client = peers.connecting(family, family.address(port))
    assert peers.accepting(new).getpeername() == client.getsockname()


@pytest.mark.claim("tcp.reuseaddr.other-address-is-free")
@options((0, 0), (1, 0), (1, 1))
@held_by(BOUND, LISTENER, CONNECTION, TIME_WAIT)
@over_ip4
def test_another_specific_address_is_free(peers, family, holder, old_has, new_has):
    port = holder.port(peers, family, family.loopback, old_has)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, new_has)

    new.bind(("127.0.0.2", port))  # decisive

    assert new.getsockname() == ("127.0.0.2", port)


@pytest.mark.claim("tcp.reuseaddr.listener-refuses")
@over_ip4
def test_wildcard_listener_refuses_every_address_of_the_host(peers, family):
    port = LISTENER.port(peers, family, family.wildcard, 1)
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)

    with fails(EADDRINUSE):
        new.bind(("127.0.0.2", port))  # decisive

    assert new.getsockname()[1] == 0
