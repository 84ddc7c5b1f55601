"""Descriptors that are none, and descriptors of something else than a socket."""

from errno import EBADF, ENOTSOCK

import pytest

from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.arguments.table import FILE_GROUPS, SOCKET_GROUPS, on_each
from fixtures.stage.families import unix

EVERY = {**SOCKET_GROUPS, **FILE_GROUPS}
groups = pytest.mark.parametrize("group", EVERY.values(), ids=EVERY)
socket_groups = pytest.mark.parametrize("group", SOCKET_GROUPS.values(), ids=SOCKET_GROUPS)
POSIX = {
    ENOTSOCK: "POSIX.1-2017, System Interfaces 2.3: of two errors either may be told, and this is no socket either"
}


@pytest.mark.claim("arguments.descriptor.none-open")
@groups
def test_number_without_a_descriptor_is_refused(strangers, group):
    numbers = strangers.numbers()

    cases = on_each(group, strangers, numbers)

    with each_fails(EBADF) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.descriptor.no-socket")
@socket_groups
def test_descriptor_of_something_else_is_no_socket(strangers, group):
    others = strangers.no_sockets

    cases = on_each(group, strangers, others)

    with each_fails(ENOTSOCK) as tried:
        tried(cases)  # decisive


@pytest.mark.claim("arguments.descriptor.path-only")
@groups
def test_descriptor_of_a_path_alone_is_refused(peers, strangers, group):
    client, server = peers.pair(unix)
    paths = strangers.path_only(client)

    cases = on_each(group, strangers, paths)

    with each_fails(EBADF, accepted=POSIX) as tried:
        tried(cases)  # decisive

    client.send(b"untouched")
    assert server.recv(100) == b"untouched"
