"""dup(), dup2() and dup3() of sockets: what they close, and what they leave to the flags of each descriptor."""

import ctypes
import os
from fcntl import F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, FD_CLOEXEC, fcntl
from os import O_CLOEXEC

import pytest

from fixtures.evidence.libc import checked
from fixtures.stage.families import over_all, over_streams

_libc = ctypes.CDLL(None, use_errno=True)
DUPLICATES = {
    "dup": (lambda fd: checked(_libc.dup(fd)), 0),
    "F_DUPFD": (lambda fd: fcntl(fd, F_DUPFD, 0), 0),
    "F_DUPFD_CLOEXEC": (lambda fd: fcntl(fd, F_DUPFD_CLOEXEC, 0), FD_CLOEXEC),
    "dup3": (lambda fd: checked(_libc.dup3(fd, os.dup(fd), 0)), 0),
    "dup3-O_CLOEXEC": (lambda fd: checked(_libc.dup3(fd, os.dup(fd), O_CLOEXEC)), FD_CLOEXEC),
}
"""How a descriptor is duplicated, and the flag that the duplicate has, whatever the first one has."""


@pytest.mark.claim("socket.dup2.closes-what-was-there")
@pytest.mark.parametrize("name", ["dup2", "dup3"])
@over_all
def test_socket_that_had_the_number_is_closed(stream_pair, name):
    client, server = stream_pair
    call, rest = getattr(_libc, name), (O_CLOEXEC,) if name == "dup3" else ()

    with open(os.devnull, "rb") as other:
        checked(call(other.fileno(), client.fileno(), *rest))  # decisive

    assert server.recv(1) == b""


@pytest.mark.claim("socket.dup.flag-of-its-own")
@pytest.mark.parametrize("before", [0, FD_CLOEXEC], ids=["kept-open", "closed-on-exec"])
@pytest.mark.parametrize("name", DUPLICATES)
@over_streams
def test_duplicate_has_its_own_flag(peers, family, name, before):
    end = peers.listener(family)
    fcntl(end, F_SETFD, before)
    (duplicate, flag), number = DUPLICATES[name], -1

    number = duplicate(end.fileno())  # decisive

    told = fcntl(number, F_GETFD)
    os.close(number)
    assert (told, fcntl(end, F_GETFD)) == (flag, before)


@pytest.mark.claim("socket.dup.not-below")
@pytest.mark.parametrize("command", [F_DUPFD, F_DUPFD_CLOEXEC], ids=["F_DUPFD", "F_DUPFD_CLOEXEC"])
@over_streams
def test_duplicate_has_no_number_below_the_one_asked_for(peers, family, command):
    end = peers.listener(family)
    least, number = end.fileno() + 20, -1

    number = fcntl(end, command, least)  # decisive

    os.close(number)
    assert number >= least
