"""What duplicates of a descriptor share, and what each has of its own."""

import ctypes
import os
from errno import EINVAL
from fcntl import F_GETFD, F_SETFD, FD_CLOEXEC, fcntl, ioctl
from os import close, dup, dup2

import pytest

from fixtures.evidence.expect import fails
from fixtures.stage.families import over_streams

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
