"""The queue of a UNIX stream listener: connect() waits for a place, or fails with EAGAIN."""

from errno import EAGAIN, ECONNREFUSED
from select import POLLIN
from socket import SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.lifecycle.backlog.libc import listen
from conformance.lifecycle.backlog.queues import caller, cap, take
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child
from fixtures.stage.families import over_unix


@pytest.mark.claim("unix.backlog.holds-one-more")
@pytest.mark.parametrize("backlog", [0, 1, 4])
@over_unix
def test_backlog_of_n_keeps_n_plus_one_connections(peers, family, backlog):
    listener, room = peers.listener(family, backlog=None), cap(backlog) + 1
    listener.listen(backlog)  # decisive
    for number in range(room):
        caller(peers, family, listener, lane=f"client{number}").send(b"%d" % number)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)

    with fails(EAGAIN):
        late.connect(listener.getsockname())  # decisive

    listener.setblocking(False)
    assert [take(peers, listener).recv(1) for _ in range(room)] == [b"%d" % number for number in range(room)]
    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("unix.backlog.full-queue-eagain")
@over_unix
def test_refused_client_may_try_again_once_there_is_room(peers, family):
    listener = peers.listener(family, backlog=0)
    caller(peers, family, listener, lane="first")
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)
    with fails(EAGAIN):
        late.connect(listener.getsockname())
    with fails(EAGAIN):
        late.connect(listener.getsockname())

    take(peers, listener)  # decisive

    late.connect(listener.getsockname())
    late.send(b"in")
    assert take(peers, listener).recv(100) == b"in"


@pytest.mark.claim("unix.backlog.connect-waits-so-sndtimeo")
@over_unix
def test_connect_waits_for_room_no_longer_than_so_sndtimeo(peers, family):
    listener = peers.listener(family, backlog=0)
    caller(peers, family, listener, lane="first")
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.05))  # decisive

    with lasts(at_least=0.05, slack=3), fails(EAGAIN):
        late.connect(listener.getsockname())  # decisive


@pytest.mark.claim("unix.backlog.connect-waits-for-room")
@over_unix
def test_connect_waits_until_accept_makes_room(peers, family):
    listener = peers.listener(family, backlog=0)
    caller(peers, family, listener, lane="first").send(b"first")
    late = peers.socket("late", family.domain, SOCK_STREAM)

    def arrive():
        late.connect(listener.getsockname())
        return late.send(b"late")

    with child(arrive) as waiting:
        waiting.is_blocked_in("connect")

        assert take(peers, listener).recv(100) == b"first"  # decisive

        assert waiting.ends().value == 4
    assert take(peers, listener).recv(100) == b"late"


@pytest.mark.claim("unix.backlog.relisten-wakes-connect")
@pytest.mark.needs("sysctl:net.core.somaxconn")
@over_unix
def test_larger_backlog_lets_in_who_waits(peers, family, sysctl):
    sysctl("net.core.somaxconn", 16)
    listener = peers.listener(family, backlog=0)
    caller(peers, family, listener, lane="first")
    late = peers.socket("late", family.domain, SOCK_STREAM)
    with child(lambda: late.connect(listener.getsockname())) as waiting:
        waiting.is_blocked_in("connect")

        listener.listen(1)  # decisive

        assert waiting.ends().status == 0


@pytest.mark.claim("unix.backlog.close-refuses-who-waits-for-room")
@over_unix
def test_connect_that_waits_for_room_is_refused_when_the_listener_is_closed(peers, family):
    listener = peers.listener(family, backlog=0)
    address = listener.getsockname()
    caller(peers, family, listener, lane="first")
    late = peers.socket("late", family.domain, SOCK_STREAM)

    def arrive():
        listener.close()
        late.connect(address)

    with child(arrive) as waiting:
        waiting.is_blocked_in("connect")

        listener.close()  # decisive

        with fails(ECONNREFUSED):
            waiting.ends()


@pytest.mark.claim("unix.backlog.capped-by-somaxconn")
@pytest.mark.needs("sysctl:net.core.somaxconn")
@pytest.mark.parametrize("backlog", [1000, -1])
@over_unix
def test_somaxconn_caps_a_unix_backlog_too(peers, family, sysctl, backlog):
    sysctl("net.core.somaxconn", 2)
    listener = peers.listener(family, backlog=0)
    listen(listener, backlog)  # decisive
    for number in (1, 2, 3):
        late = peers.socket(f"client{number}", family.domain, SOCK_STREAM)
        late.setblocking(False)
        late.connect(listener.getsockname())
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)

    with fails(EAGAIN):
        late.connect(listener.getsockname())  # decisive

    assert ready(listener, POLLIN) == POLLIN
