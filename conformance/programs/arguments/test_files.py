"""Wrong arguments of sendfile() and splice(): nothing is moved."""

import os
import sys
from errno import EBADF, EFAULT, EINVAL, ESPIPE
from functools import partial

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from fixtures.evidence.expect import fails
from fixtures.stage.families import over_streams

MINUS_ONE = (-1).to_bytes(8, sys.byteorder, signed=True)


@pytest.mark.claim("arguments.sendfile.wrong-offset-moves-nothing")
@over_streams
def test_offset_that_cannot_be_read_moves_nothing(stream_pair, strangers, memory):
    client, server = stream_pair
    before = os.lseek(strangers.file, 0, os.SEEK_CUR)

    with fails(EFAULT):
        called("sendfile", client.fileno(), strangers.file, memory.nowhere, 4)  # decisive
    with fails(EINVAL):
        called("sendfile", client.fileno(), strangers.file, memory.holding(MINUS_ONE), 4)  # decisive

    assert os.lseek(strangers.file, 0, os.SEEK_CUR) == before
    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.sendfile.wrong-direction")
@over_streams
def test_descriptor_of_the_wrong_direction_is_refused(stream_pair, strangers):
    client, server = stream_pair
    to = client.fileno()
    cases = {
        "sendfile from what is written": partial(called, "sendfile", to, strangers.writing, None, 4),
        "splice from what is written": partial(called, "splice", strangers.writing, None, to, None, 4, 0),
        "splice to what is read": partial(called, "splice", to, None, strangers.reading, None, 4, 0),
    }  # fmt: skip

    with each_fails(EBADF) as tried:
        tried(cases)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.splice.offset-of-a-socket")
@over_streams
def test_offset_of_a_socket_is_refused(stream_pair, strangers, memory):
    client, server = stream_pair
    os.write(strangers.writing, b"stays")
    client.send(b"stays")
    zero = memory.holding(bytes(8))
    cases = {
        "splice to a socket at 0": partial(called, "splice", strangers.reading, None, client.fileno(), zero, 5, 0),
        "splice from a socket at 0": partial(called, "splice", server.fileno(), zero, strangers.writing, None, 5, 0),
        "splice from a pipe at 0": partial(called, "splice", strangers.reading, zero, client.fileno(), None, 5, 0),
        "splice to a pipe at 0": partial(called, "splice", server.fileno(), None, strangers.writing, zero, 5, 0),
    }  # fmt: skip

    with each_fails(ESPIPE, accepted={EINVAL: "splice(2), ERRORS, EINVAL"}) as tried:
        tried(cases)  # decisive

    assert os.read(strangers.reading, 100) == b"stays"
    assert server.recv(100) == b"stays"


@pytest.mark.claim("arguments.splice.unknown-flags")
@over_streams
def test_unknown_flags_of_splice_are_refused(stream_pair, strangers):
    client, _ = stream_pair
    os.write(strangers.writing, b"stays")
    cases = {
        f"splice with flags {flags:#x}": partial(
            called, "splice", strangers.reading, None, client.fileno(), None, 5, flags
        ) for flags in (0x10, 0x100, 2**31)
    }  # fmt: skip

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert os.read(strangers.reading, 100) == b"stays"
