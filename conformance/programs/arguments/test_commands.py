"""fcntl(2) of sockets: commands that nobody knows, numbers that are none, and which flags F_SETFL sets."""

import os
from contextlib import suppress
from errno import EINVAL, ESRCH
from fcntl import F_DUPFD, F_DUPFD_CLOEXEC, F_GETFL, F_GETOWN, F_SETFL, F_SETOWN, fcntl
from functools import partial
from socket import SOCK_STREAM

import pytest

from conformance.configuration.values.tables import answer
from conformance.programs.arguments.outcomes import each_fails
from fixtures.evidence.expect import fails
from fixtures.evidence.shortage import examine
from fixtures.stage.families import over_streams

F_SETSIG, F_GETSIG = 10, 11
NOBODY = 4194304
"""PID_MAX_LIMIT of the kernel: a number that no process has."""
FLAGS = {"O_APPEND": os.O_APPEND, "O_ASYNC": os.O_ASYNC, "O_NONBLOCK": os.O_NONBLOCK, "none": 0}
IGNORED = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_NOCTTY
"""An access mode, and flags that are for the creation of a file."""


def numbers_of(end):
    """The descriptors of this process that are this socket; of others the rig may close some meanwhile."""
    found, about = [], os.fstat(end.fileno())
    for number in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError):
            found += [number] if os.path.samestat(os.fstat(number), about) else []
    return found


def duplicated(end, command, number):
    """fcntl(2) that asks for a number from there on. Raises OSError, which no want of descriptors explains."""
    try:
        return fcntl(end, command, number)
    except OSError as error:
        examine(error, "fcntl")
        raise


@pytest.mark.claim("arguments.fcntl.invalid-refused")
@over_streams
def test_unknown_command_and_numbers_that_are_none_are_refused(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    cases = {
        "an unknown command": partial(fcntl, end, 999),
        "F_DUPFD below 0": partial(duplicated, end, F_DUPFD, -1),
        "F_DUPFD_CLOEXEC below 0": partial(duplicated, end, F_DUPFD_CLOEXEC, -1),
        "F_SETSIG below 0": partial(fcntl, end, F_SETSIG, -1),
        "F_SETSIG above 64": partial(fcntl, end, F_SETSIG, 200),
    }  # fmt: skip

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert answer(duplicated, end, F_DUPFD, (1 << 31) - 1) == "EINVAL"
    assert numbers_of(end) == [end.fileno()]
    assert fcntl(end, F_GETSIG) == 0


@pytest.mark.claim("socket.owner.nobody-there")
@over_streams
def test_owner_that_is_not_there_is_refused_and_the_old_one_stays(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    fcntl(end, F_SETOWN, os.getpid())

    with fails(ESRCH):
        fcntl(end, F_SETOWN, NOBODY)  # decisive

    assert fcntl(end, F_GETOWN) == os.getpid()


@pytest.mark.claim("socket.owner.zero-is-nobody")
@over_streams
def test_owner_of_number_zero_is_nobody(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    fcntl(end, F_SETOWN, os.getpid())

    fcntl(end, F_SETOWN, 0)  # decisive

    assert fcntl(end, F_GETOWN) == 0


@pytest.mark.claim("descriptor.flags.set-and-cleared")
@over_streams
def test_each_flag_of_f_setfl_is_set_and_cleared(peers, family):
    end, seen = peers.socket("end", family.domain, SOCK_STREAM), {}

    for name, flag in FLAGS.items():
        fcntl(end, F_SETFL, flag | IGNORED)  # decisive
        seen[name] = fcntl(end, F_GETFL)

    assert seen == {name: os.O_RDWR | flag for name, flag in FLAGS.items()}
