"""Control messages that are none."""

import os
import struct
from errno import EFAULT, EINVAL
from functools import partial
from select import POLLIN
from socket import SCM_RIGHTS, SOL_SOCKET, recv_fds

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import each_fails
from conformance.programs.arguments.strangers import lowest_free
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams, over_unix

HEADER = struct.calcsize("Nii")


@pytest.mark.claim("arguments.control.malformed-sends-nothing")
@over_streams
def test_message_with_malformed_control_data_is_not_sent(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.connect(server.getsockname())
    data = memory.holding(b"lost")

    def sending(control):
        at = memory.holding(control)
        return partial(called, "sendmsg", client.fileno(), memory.message([(data, 4)], control=(at, len(control))), 0)

    shapes = {
        "shorter than its header": (HEADER - 1, SOL_SOCKET, SCM_RIGHTS),
        "of length 0": (0, SOL_SOCKET, SCM_RIGHTS),
        "longer than the buffer": (4096, SOL_SOCKET, SCM_RIGHTS),
        "of an unknown type": (HEADER + 4, SOL_SOCKET, 999),
    }
    cases = {what: sending(struct.pack("Nii8x", *shape)) for what, shape in shapes.items()}

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.control.malformed-sends-nothing")
@over_streams
def test_stream_with_malformed_control_data_sends_nothing(stream_pair, memory):
    client, server = stream_pair
    data, end = memory.holding(b"lost"), client.fileno()
    lengths = {"shorter than its header": HEADER - 1, "of length 0": 0, "longer than the buffer": 4096}
    places = {how: memory.holding(struct.pack("Nii8x", length, SOL_SOCKET, 1)) for how, length in lengths.items()}
    messages = {what: memory.message([(data, 4)], control=(at, HEADER + 8)) for what, at in places.items()}

    with each_fails(EINVAL) as tried:
        tried({what: partial(called, "sendmsg", end, at, 0) for what, at in messages.items()})  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.control.unreadable-sends-nothing")
@over_streams
def test_message_with_unreadable_control_data_is_not_sent(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.connect(server.getsockname())
    data, partly = memory.holding(b"lost"), memory.ending(struct.pack("Nii", HEADER + 4, SOL_SOCKET, SCM_RIGHTS))
    places = {"unreadable": memory.nowhere, "readable in part": partly}
    messages = {how: memory.message([(data, 4)], control=(at, HEADER + 8)) for how, at in places.items()}
    cases = {how: partial(called, "sendmsg", client.fileno(), at, 0) for how, at in messages.items()}

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.control.unwritable-leaves-no-descriptor")
@over_unix
def test_descriptor_whose_number_cannot_be_written_is_closed(stream_pair, memory, strangers):
    client, server = stream_pair
    client.sendmsg([b"x"], [(SOL_SOCKET, SCM_RIGHTS, struct.pack("i", strangers.file))])
    ready(server, POLLIN)
    lowest, into = lowest_free(), (memory.holding(b"?"), 1)

    called("recvmsg", server.fileno(), memory.message([into], control=(memory.nowhere, 64)), 0)  # decisive

    assert memory.at(into[0], 1) == b"x"
    assert lowest_free() == lowest


@pytest.mark.claim("arguments.control.unwritable-data-keeps-the-descriptor")
@over_unix
def test_descriptor_whose_data_cannot_be_written_comes_with_the_data(stream_pair, memory, strangers):
    client, server = stream_pair
    client.sendmsg([b"x"], [(SOL_SOCKET, SCM_RIGHTS, struct.pack("i", strangers.file))])
    ready(server, POLLIN)
    lowest, room = lowest_free(), (memory.holding(bytes(64)), 64)

    with fails(EFAULT):
        called("recvmsg", server.fileno(), memory.message([(memory.nowhere, 1)], control=room), 0)  # decisive

    assert lowest_free() == lowest
    _, numbers, *_ = recv_fds(server, 1, 1)
    assert os.pread(numbers[0], 7, 0) == b"content"
    os.close(numbers[0])
