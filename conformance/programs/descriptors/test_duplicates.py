"""What duplicates of a descriptor share, and what each has of its own."""

import ctypes
import os
from errno import EBADF, EINVAL, ENOTDIR
from fcntl import F_GETFD, F_SETFD, FD_CLOEXEC, fcntl, ioctl
from os import close, dup, dup2
from socket import SOCK_STREAM

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_all, over_streams

_libc = ctypes.CDLL(None, use_errno=True)
FIOCLEX, FIONCLEX = 0x5451, 0x5450
"""asm-generic/ioctls.h."""
SETS = {
    "F_SETFD": (lambda number: fcntl(number, F_SETFD, FD_CLOEXEC), lambda number: fcntl(number, F_SETFD, 0)),
    "FIOCLEX": (lambda number: ioctl(number, FIOCLEX), lambda number: ioctl(number, FIONCLEX)),
}


def dup3(number, other):
    """dup3(2) without flags, of which Python makes dup2(). Raises OSError."""
    if _libc.dup3(number, other, 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


each_way = pytest.mark.parametrize(("sets", "clears"), SETS.values(), ids=SETS)


@pytest.mark.claim("descriptor.close-on-exec.of-its-own")
@each_way
@over_streams
def test_close_on_exec_is_of_one_descriptor(stream_pair, sets, clears):
    number = stream_pair.server.fileno()
    other = dup(number)
    clears(number)
    clears(other)

    sets(number)  # decisive

    assert (fcntl(number, F_GETFD), fcntl(other, F_GETFD)) == (FD_CLOEXEC, 0)
    sets(other)
    clears(number)
    assert (fcntl(number, F_GETFD), fcntl(other, F_GETFD)) == (0, FD_CLOEXEC)
    close(other)


@pytest.mark.claim("descriptor.duplicate.of-itself-refused")
@over_streams
def test_dup3_of_a_descriptor_to_itself_is_refused(stream_pair):
    client, server = stream_pair

    with fails(EINVAL):
        dup3(server.fileno(), server.fileno())  # decisive

    client.send(b"open")
    assert server.recv(9) == b"open"


@pytest.mark.claim("descriptor.duplicate.of-itself-stays")
@over_streams
def test_dup2_of_a_descriptor_to_itself_changes_nothing(stream_pair):
    client, server = stream_pair
    number, before, given = server.fileno(), fcntl(server, F_GETFD), None

    given = dup2(number, number)  # decisive

    assert (given, fcntl(number, F_GETFD)) == (number, before)
    client.send(b"open")
    assert server.recv(9) == b"open"


@pytest.mark.claim("descriptor.duplicate.listener-lives")
@over_all
def test_listener_lives_until_its_last_descriptor_is_closed(peers, family):
    listener = peers.listener(family)
    first, other = listener.fileno(), peers.adopt(listener.dup())

    listener.close()  # decisive

    with fails(EBADF):
        os.fstat(first)
    client = peers.connecting(family, other.getsockname())
    client.send(b"hello")
    assert peers.accepting(other).recv(9) == b"hello"


COMMANDS = {"F_ADD_SEALS": (1033, EINVAL), "F_GET_SEALS": (1034, EINVAL), "F_SETLEASE": (1024, EINVAL),
            "F_NOTIFY": (1026, ENOTDIR)}  # fmt: skip
"""fcntl.h: commands of files in memory, of regular files and of folders."""
SIZES = {"F_SETPIPE_SZ": 1031, "F_GETPIPE_SZ": 1032}


@pytest.mark.claim("descriptor.fcntl.of-other-files-refused")
@pytest.mark.parametrize(("command", "error"), COMMANDS.values(), ids=COMMANDS)
@over_all
def test_command_of_other_files_is_refused(peers, family, command, error):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(error):
        fcntl(end, command, 1)  # decisive


@pytest.mark.claim("descriptor.fcntl.of-pipes-refused")
@pytest.mark.parametrize("command", SIZES.values(), ids=SIZES)
@over_all
def test_command_of_pipes_is_refused(peers, family, command):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EBADF):
        fcntl(end, command, 4096)  # decisive
