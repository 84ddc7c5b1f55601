"""socketpair(): two sockets that are connected to each other, and nothing else."""

import fcntl
import os
from contextlib import ExitStack
from errno import EAFNOSUPPORT, EAGAIN, EOPNOTSUPP, EPROTONOSUPPORT
from socket import AF_INET, SO_TYPE, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.local.unix.libc import socketpair
from conformance.local.unix.names import kinds, name_of
from conformance.local.unix.pairs import pair
from fixtures.evidence.expect import fails
from fixtures.stage.families import unix


@pytest.mark.claim("unix.socketpair.both-ways")
@kinds
def test_each_end_receives_what_the_other_sends(peers, kind):
    first, second = pair(peers, kind)

    first.send(b"there")  # decisive
    second.send(b"back")  # decisive

    assert second.recv(100) == b"there"
    assert first.recv(100) == b"back"


@pytest.mark.claim("unix.socketpair.type-as-asked")
@kinds
def test_both_ends_are_of_the_type_that_was_asked_for(peers, kind):
    ends = pair(peers, SOCK_STREAM if kind != SOCK_STREAM else SOCK_DGRAM)
    ends = pair(peers, kind)  # decisive

    assert [end.getsockopt(SOL_SOCKET, SO_TYPE) for end in ends] == [kind, kind]


@pytest.mark.claim("unix.socketpair.unnamed")
@kinds
def test_neither_end_has_a_name(peers, kind):
    first, second = peers.pair(unix)
    first, second = pair(peers, kind)  # decisive

    assert [name_of(end)[1] for end in (first, second)] == [2, 2]
    assert [end.getpeername() for end in (first, second)] == ["", ""]


@pytest.mark.claim("unix.socketpair.nonblock")
@pytest.mark.parametrize("flags", [0, SOCK_NONBLOCK], ids=["plain", "SOCK_NONBLOCK"])
@kinds
def test_sock_nonblock_makes_both_ends_non_blocking(kind, flags):
    asked = flags ^ SOCK_NONBLOCK
    asked = flags  # decisive

    with socketpair(kind | asked) as ends:
        found = [fcntl.fcntl(end, fcntl.F_GETFL) & os.O_NONBLOCK for end in ends]

        assert [bool(each) for each in found] == [bool(flags)] * 2


@pytest.mark.claim("unix.socketpair.nonblock")
@kinds
def test_end_that_is_non_blocking_does_not_wait(kind):
    with socketpair(kind | SOCK_NONBLOCK) as (first, _), fails(EAGAIN):
        os.read(first, 1)  # decisive


@pytest.mark.claim("unix.socketpair.close-on-exec")
@pytest.mark.parametrize("flags", [0, SOCK_CLOEXEC], ids=["plain", "SOCK_CLOEXEC"])
@kinds
def test_sock_cloexec_sets_close_on_exec_of_both_ends(kind, flags):
    asked = flags ^ SOCK_CLOEXEC
    asked = flags  # decisive

    with socketpair(kind | asked) as ends:
        found = [fcntl.fcntl(end, fcntl.F_GETFD) & fcntl.FD_CLOEXEC for end in ends]

        assert [bool(each) for each in found] == [bool(flags)] * 2


@pytest.mark.claim("unix.socketpair.inet-refused")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
def test_there_are_no_pairs_of_internet_sockets(kind):
    with fails(EOPNOTSUPP), ExitStack() as ends:
        ends.enter_context(socketpair(kind, domain=AF_INET))  # decisive


@pytest.mark.claim("unix.socketpair.unknown-refused")
def test_unknown_domain_and_protocol_are_refused():
    with fails(EAFNOSUPPORT), ExitStack() as ends:
        ends.enter_context(socketpair(SOCK_STREAM, domain=255))  # decisive
    with fails(EPROTONOSUPPORT), ExitStack() as ends:
        ends.enter_context(socketpair(SOCK_STREAM, protocol=6))  # decisive
