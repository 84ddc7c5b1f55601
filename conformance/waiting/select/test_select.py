"""select(): what it does to its arguments, what it tells, and the size of its sets."""

import os
import subprocess
from ctypes import create_string_buffer
from errno import EBADF
from select import POLLIN
from select import select as waited
from signal import SIGABRT

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.process_models.programs import compiled
from conformance.stream.sending.buffers import MESSAGE, small_pair
from conformance.waiting.select.sets import select
from fixtures.evidence.expect import fails, lasts
from fixtures.evidence.waiting import ready, until
from fixtures.stage.children import child
from fixtures.stage.families import over_streams

BEYOND = """
#include <stdlib.h>
#include <sys/select.h>
int main(int count, char **argument)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(count > 1 ? atoi(argument[1]) : 0, &set);
    return 0;
}
"""


FD_SETSIZE = 1024
"""sys/select.h."""


def members(numbers):
    """An fd_set of these descriptors."""
    return sum(1 << number for number in numbers).to_bytes(FD_SETSIZE // 8, "little")


@pytest.mark.claim("select.sets.overwritten")
@over_streams
def test_sets_hold_afterwards_what_is_ready(stream_pair):
    client, server = stream_pair
    client.send(b"data")  # decisive
    ready(server, POLLIN)
    both = {client.fileno(), server.fileno()}

    outcome = select(both, both, 1)

    assert outcome.readable == {server.fileno()}
    assert outcome.writable == both
    assert outcome.count == 3


@pytest.mark.claim("select.sets.empty-after-the-time")
@over_streams
def test_sets_are_empty_when_the_time_is_over(stream_pair):
    client, server = stream_pair

    with lasts(at_least=0.02):
        outcome = select({client.fileno(), server.fileno()}, set(), 0.02)  # decisive

    assert (outcome.count, outcome.readable) == (0, set())


@pytest.mark.claim("select.timeout.left-over-is-told")
@over_streams
def test_time_that_is_left_is_written_back(stream_pair):
    client, server = stream_pair
    client.send(b"data")
    ready(server, POLLIN)

    assert 0 < select({server.fileno()}, set(), 600).seconds_left <= 600
    server.recv(100)  # decisive

    assert select({server.fileno()}, set(), 0.01).seconds_left == 0


@pytest.mark.claim("select.sets.closed-descriptor")
@over_streams
def test_closed_descriptor_is_an_error(stream_pair):
    number = stream_pair.server.fileno()
    stream_pair.server.close()

    with fails(EBADF):
        select({number}, set(), 0)  # decisive


@pytest.mark.claim("select.sets.no-larger-descriptors")
@pytest.mark.needs("processes:8", "command:cc", "exec")
def test_checked_set_ends_the_program_at_a_larger_descriptor(tmp_path):
    built = compiled(tmp_path, BEYOND, "-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2")
    assert built.returncode == 0

    def ran(number: int) -> int:
        return subprocess.run([tmp_path / "program", str(number)], capture_output=True, check=False).returncode

    number = 1023
    assert ran(number) == 0
    number += 1  # decisive
    assert ran(number) == -SIGABRT


@pytest.mark.claim("stream.select.writable-may-still-block")
@over_streams
def test_blocking_send_waits_although_the_socket_was_writable(peers, family):
    client, server = small_pair(peers, family)
    assert waited([], [client], [], 0)[1] == [client]

    message = b"small"
    message = MESSAGE  # decisive
    with child(lambda: client.sendall(message)) as sending:
        ready(server, POLLIN)
        sending.is_blocked_in("send")
        until(lambda: waited([], [client], [], 0)[1] == [], what="client no longer writable")


@pytest.mark.claim("select.sets.error-leaves-them")
@over_streams
def test_sets_are_as_they_were_after_an_error(stream_pair):
    client, server = stream_pair
    number = server.fileno()
    closed = os.dup(number)
    os.close(closed)
    sets = [create_string_buffer(members({number, closed}), FD_SETSIZE // 8) for _ in range(3)]

    with fails(EBADF):
        called("select", max(number, closed) + 1, *sets, bytes(16))  # decisive

    assert [each.raw for each in sets] == [members({number, closed})] * 3
    assert client.fileno() >= 0
