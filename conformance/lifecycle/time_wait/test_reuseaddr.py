"""SO_REUSEADDR as an option: its default, who inherits it, and when it is looked at."""

from errno import EADDRINUSE
from select import POLLHUP
from socket import AF_INET, SHUT_WR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.time_wait.holders import BOUND, TIME_WAIT, held_by
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("own-ports")


@pytest.mark.claim("tcp.reuseaddr.reads-back")
@over_ip
def test_option_is_off_until_it_is_set_and_reads_back_as_a_boolean(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    other = peers.socket("other", family.domain, SOCK_STREAM)
    before = end.getsockopt(SOL_SOCKET, SO_REUSEADDR)

    end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 5)  # decisive

    assert (before, end.getsockopt(SOL_SOCKET, SO_REUSEADDR)) == (0, 1)
    assert other.getsockopt(SOL_SOCKET, SO_REUSEADDR) == 0


@pytest.mark.claim("tcp.reuseaddr.reads-back")
@over_ip
def test_option_stays_as_it_was_set_when_the_socket_is_bound_and_listens(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive

    end.bind(family.address())
    end.listen(1)
    kept = end.getsockopt(SOL_SOCKET, SO_REUSEADDR)
    end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)

    assert (kept, end.getsockopt(SOL_SOCKET, SO_REUSEADDR)) == (1, 0)


@pytest.mark.claim("tcp.reuseaddr.accepted-inherits")
@over_ip
def test_accepted_socket_has_the_option_of_its_listener(peers, family):
    listener = peers.listener(family)
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive
    client = peers.connecting(family, listener.getsockname())

    server = peers.accepting(listener)

    assert server.getsockopt(SOL_SOCKET, SO_REUSEADDR) == 1
    assert client.getsockopt(SOL_SOCKET, SO_REUSEADDR) == 0


@pytest.mark.claim("tcp.reuseaddr.both-must-have-it")
def test_who_has_it_not_is_seen_behind_one_who_has(peers):
    first, second, third = (peers.socket(lane, AF_INET, SOCK_STREAM) for lane in ("first", "second", "third"))
    for end in (first, third):
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    first.bind(("127.0.0.1", 0))
    port = first.getsockname()[1]
    second.bind(("127.0.0.2", port))

    with fails(EADDRINUSE):
        third.bind(("0.0.0.0", port))  # decisive


@pytest.mark.claim("tcp.reuseaddr.retry-after-refusal")
@held_by(BOUND, TIME_WAIT)
@over_ip
def test_a_refused_bind_succeeds_once_the_option_is_set(peers, family, holder):
    address = family.address(holder.port(peers, family, family.loopback, 1))
    new = peers.socket("new", family.domain, SOCK_STREAM)
    with fails(EADDRINUSE):
        new.bind(address)

    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive
    new.bind(address)  # decisive

    assert new.getsockname()[:2] == address


@pytest.mark.claim("tcp.reuseaddr.late-option-counts")
@over_ip
def test_option_set_after_bind_counts_for_the_next_bind(peers, family):
    old = peers.listener(family, backlog=None, lane="old")
    old.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive
    new = peers.socket("new", family.domain, SOCK_STREAM)
    new.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # decisive

    new.bind(old.getsockname())  # decisive

    assert new.getsockname() == old.getsockname()


@pytest.mark.claim("tcp.reuseaddr.second-listen-refused")
@over_ip
def test_of_two_sockets_bound_to_one_address_only_one_may_listen(peers, family):
    first = peers.socket("first", family.domain, SOCK_STREAM)
    first.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    first.bind(family.address())
    second = peers.socket("second", family.domain, SOCK_STREAM)
    second.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    second.bind(first.getsockname())

    first.listen(1)  # decisive

    with fails(EADDRINUSE):
        second.listen(1)  # decisive
    client = peers.connecting(family, first.getsockname())
    assert peers.accepting(first).getpeername() == client.getsockname()


@pytest.mark.claim("tcp.reuseaddr.not-needed-after-clients-close")
@over_ip
def test_server_binds_again_without_the_option_when_its_client_closed_first(peers, family):
    client, server = peers.pair(family)
    address = server.getsockname()
    again = peers.socket("again", family.domain, SOCK_STREAM)

    client.close()  # decisive
    assert server.recv(1) == b""
    server.shutdown(SHUT_WR)
    ready(server, POLLHUP)
    server.close()
    again.bind(address)  # decisive

    assert again.getsockname() == address
