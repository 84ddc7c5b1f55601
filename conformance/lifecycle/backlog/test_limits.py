"""How many connections a TCP listener keeps: backlog and one more, capped by somaxconn, changed by listen()."""

from errno import EAGAIN, EINPROGRESS
from socket import SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET, SOMAXCONN

import pytest

from conformance.lifecycle.backlog.libc import listen
from conformance.lifecycle.backlog.queues import cap, length, queued, shown, take
from fixtures.evidence.expect import fails, lasts, timeval
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip, over_ip_and_mapped


@pytest.mark.claim("tcp.backlog.holds-one-more")
@pytest.mark.needs("listener-queue")
@pytest.mark.parametrize("backlog", [0, 1])
@over_ip_and_mapped
def test_backlog_of_n_keeps_n_plus_one_connections(peers, family, backlog):
    listener = peers.listener(family, backlog=None)
    listener.listen(backlog)  # decisive
    queued(peers, family, listener, cap(backlog) + 1)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.02))

    with lasts(at_least=0.02), fails(EINPROGRESS):
        late.connect(listener.getsockname())  # decisive

    assert tcp_info(late).state_name == "SYN_SENT"
    assert length(listener) == cap(backlog) + 1


@pytest.mark.claim("tcp.backlog.holds-one-more")
@pytest.mark.needs("listener-queue")
@over_ip
def test_exactly_the_connections_within_the_backlog_are_accepted(peers, family):
    listener = peers.listener(family, backlog=0)
    (kept,) = queued(peers, family, listener, 1)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setblocking(False)
    with fails(EINPROGRESS):
        late.connect(listener.getsockname())  # decisive
    late.close()

    listener.setblocking(False)
    server, peer = listener.accept()

    peers.adopt(server)
    assert peer == kept.getsockname()
    with fails(EAGAIN):
        listener.accept()


@pytest.mark.claim("tcp.backlog.capped-by-somaxconn")
@pytest.mark.needs("sysctl:net.core.somaxconn", "sock_diag")
@over_ip
def test_somaxconn_caps_the_backlog_without_a_word(peers, family, sysctl):
    sysctl("net.core.somaxconn", 1)  # decisive
    listener = peers.listener(family, backlog=None)

    listener.listen(1000)  # decisive

    assert shown(listener) == (0, 1)
    queued(peers, family, listener, 2)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.02))
    with fails(EINPROGRESS):
        late.connect(listener.getsockname())
    assert length(listener) == 2


@pytest.mark.claim("tcp.backlog.somaxconn-read-at-listen")
@pytest.mark.needs("sysctl:net.core.somaxconn", "sock_diag")
@over_ip
def test_somaxconn_counts_when_listen_is_called(peers, family, sysctl):
    sysctl("net.core.somaxconn", 2)
    listener = peers.listener(family, backlog=5)

    sysctl("net.core.somaxconn", 4)

    assert shown(listener) == (0, 2)
    listener.listen(5)  # decisive
    assert shown(listener) == (0, 4)


@pytest.mark.claim("tcp.backlog.negative-means-somaxconn")
@pytest.mark.needs("sysctl:net.core.somaxconn", "sock_diag")
@pytest.mark.parametrize("backlog", [-1, -(2**31), 2**31 - 1])
@over_ip
def test_negative_backlog_is_the_largest_one(peers, family, sysctl, backlog):
    sysctl("net.core.somaxconn", 3)
    listener = peers.listener(family, backlog=1)

    listen(listener, backlog)  # decisive

    assert shown(listener) == (0, 3)


@pytest.mark.claim("tcp.backlog.relisten-changes-it")
@pytest.mark.needs("sysctl:net.core.somaxconn", "sock_diag")
@over_ip
def test_listen_again_makes_room_and_loses_nobody(peers, family, sysctl):
    sysctl("net.core.somaxconn", 16)
    listener = peers.listener(family, backlog=0)
    first = queued(peers, family, listener, 1)[0]

    listener.listen(1)  # decisive

    assert shown(listener) == (1, 1)
    second = peers.socket("second", family.domain, SOCK_STREAM)
    second.connect(listener.getsockname())
    until(lambda: shown(listener) == (2, 1), what="both connections in the queue")
    assert take(peers, listener).getpeername() == first.getsockname()
    assert take(peers, listener).getpeername() == second.getsockname()


@pytest.mark.claim("tcp.backlog.relisten-changes-it")
@pytest.mark.needs("sysctl:net.core.somaxconn", "sock_diag")
@over_ip
def test_listen_again_with_less_keeps_those_who_wait(peers, family, sysctl):
    sysctl("net.core.somaxconn", 16)
    listener = peers.listener(family, backlog=5)
    queued(peers, family, listener, 2)

    listener.listen(0)  # decisive

    assert shown(listener) == (2, 0)
    late = peers.socket("late", family.domain, SOCK_STREAM)
    late.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeval(0.02))
    with fails(EINPROGRESS):
        late.connect(listener.getsockname())
    late.close()
    assert length(listener) == 2


@pytest.mark.claim("tcp.backlog.seen-in-sock-diag")
@pytest.mark.needs("sock_diag")
@over_ip
def test_queue_length_and_backlog_are_in_sock_diag(peers, family):
    listener, room = peers.listener(family, backlog=None), cap(1) + 1
    listener.listen(1)  # decisive
    assert shown(listener) == (0, cap(1))

    queued(peers, family, listener, room)  # decisive

    assert shown(listener) == (room, cap(1))
    take(peers, listener)  # decisive
    assert shown(listener) == (room - 1, cap(1))


@pytest.mark.claim("tcp.backlog.constant-is-a-number")
@pytest.mark.needs("sysctl:net.core.somaxconn", "sock_diag")
@over_ip
def test_the_constant_is_no_name_for_the_largest_backlog(peers, family, sysctl):
    listener = peers.listener(family, backlog=1)
    sysctl("net.core.somaxconn", 65535)

    listener.listen(SOMAXCONN)  # decisive

    assert shown(listener) == (0, SOMAXCONN)
    assert SOMAXCONN < 65535
