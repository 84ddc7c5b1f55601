"""The flags of the descriptor that accept() gives: only those that accept4() was asked for."""

import os
from errno import EINVAL
from fcntl import F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, fcntl
from functools import partial
from select import POLLIN
from socket import AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_SEQPACKET

import pytest

from conformance.lifecycle.backlog.libc import accept, accept4
from conformance.lifecycle.backlog.queues import caller, take
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.children import in_child
from fixtures.stage.families import over_all, unix

FLAGS = {0: (False, False), SOCK_NONBLOCK: (True, False), SOCK_CLOEXEC: (False, True),
         SOCK_NONBLOCK | SOCK_CLOEXEC: (True, True)}  # fmt: skip
"""What accept4() is asked for, and whether the descriptor is then non-blocking, and closed by execve(2)."""


@pytest.mark.claim("stream.accept.accept4-flags")
@pytest.mark.parametrize("flags", FLAGS)
@over_all
def test_accept4_sets_the_flags_that_it_is_asked_for(peers, family, flags):
    listener = peers.listener(family)
    caller(peers, family, listener)  # decisive
    ready(listener, POLLIN)

    descriptor = accept4(listener, flags)

    seen = bool(fcntl(descriptor, F_GETFL) & os.O_NONBLOCK), bool(fcntl(descriptor, F_GETFD) & FD_CLOEXEC)
    os.close(descriptor)
    assert seen == FLAGS[flags]


@pytest.mark.claim("stream.accept.accept4-flags")
@pytest.mark.parametrize("flags", FLAGS)
def test_accept4_of_records_sets_the_flags_that_it_is_asked_for(peers, flags):
    listener, client = (peers.socket(lane, AF_UNIX, SOCK_SEQPACKET) for lane in ("listener", "client"))
    listener.bind(unix.address())
    listener.listen()
    client.connect(listener.getsockname())  # decisive

    descriptor = accept4(listener, flags)

    seen = bool(fcntl(descriptor, F_GETFL) & os.O_NONBLOCK), bool(fcntl(descriptor, F_GETFD) & FD_CLOEXEC)
    os.close(descriptor)
    assert seen == FLAGS[flags]


@pytest.mark.claim("stream.accept.accept4-unknown-flag")
@over_all
def test_accept4_refuses_an_unknown_flag_and_keeps_the_connection(peers, family):
    listener = peers.listener(family)
    client = caller(peers, family, listener)
    ready(listener, POLLIN)

    with fails(EINVAL):
        accept4(listener, 1)  # decisive

    client.send(b"kept")
    assert take(peers, listener).recv(100) == b"kept"


@pytest.mark.claim("stream.accept.status-flags-not-inherited")
@pytest.mark.parametrize("call", [accept, partial(accept4, flags=0)], ids=["accept", "accept4"])
@over_all
def test_accepted_socket_inherits_no_status_flags(peers, family, call):
    listener = peers.listener(family)
    caller(peers, family, listener)  # decisive
    ready(listener, POLLIN)
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | os.O_NONBLOCK | os.O_ASYNC)  # decisive
    fcntl(listener, F_SETFD, FD_CLOEXEC)

    descriptor = call(listener)

    flags, descriptor_flags = fcntl(descriptor, F_GETFL), fcntl(descriptor, F_GETFD)
    os.close(descriptor)
    assert fcntl(listener, F_GETFL) & (os.O_NONBLOCK | os.O_ASYNC) == os.O_NONBLOCK | os.O_ASYNC
    assert not flags & (os.O_NONBLOCK | os.O_ASYNC)
    assert not descriptor_flags & FD_CLOEXEC


@pytest.mark.claim("stream.accept.lowest-free-number")
@over_all
def test_accept_gives_number_zero_where_standard_input_is_closed(peers, family):
    listener = peers.listener(family)
    caller(peers, family, listener)
    ready(listener, POLLIN)

    def take_first():
        os.close(0)  # decisive
        return accept(listener)

    assert in_child(take_first).value == 0
