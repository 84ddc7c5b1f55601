"""Data that cannot be read is not sent, neither whole nor in part."""

import ctypes
from errno import EFAULT, EINVAL, EOPNOTSUPP
from functools import partial
from socket import MSG_OOB

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.moving import SENDERS, moves
from conformance.programs.arguments.outcomes import each_fails
from fixtures.evidence.expect import fails, one_of
from fixtures.stage.families import over_ip4, over_streams

DATA = b"what is sent"
READABLE = 5
"""Bytes of it that can be read, where the rest cannot."""
COUNTS = dict.fromkeys(range(READABLE + 1), "send(2), RETURN VALUE")
TOO_MANY = 2**63
"""One more than an ssize_t holds."""


@pytest.mark.claim("arguments.send.unreadable-datagram-not-sent")
@over_streams
def test_datagram_that_cannot_be_read_is_not_sent(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.connect(server.getsockname())
    places = {"unreadable": memory.nowhere, "readable in part": memory.ending(DATA[:5])}

    cases = moves(SENDERS, client, memory, places, len(DATA))

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.send.unreadable-bytes-not-sent")
@over_streams
def test_bytes_that_cannot_be_read_are_not_sent(stream_pair, memory):
    client, server = stream_pair

    cases = moves(SENDERS, client, memory, {"unreadable": memory.nowhere}, len(DATA))

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


def taken(mover, *arguments):
    """How many bytes the call took: none where it fails with EFAULT."""
    try:
        return one_of(mover(*arguments), COUNTS, what="a short count")
    except OSError as error:
        one_of(error.errno, {EFAULT: "send(2), ERRORS, EFAULT"}, what="errno")
        return 0


@pytest.mark.claim("arguments.send.readable-beginning-at-most")
@over_streams
def test_of_bytes_that_can_be_read_in_part_no_more_than_those_are_sent(stream_pair, memory):
    client, server = stream_pair
    place = client.fileno(), memory, memory.ending(DATA[:READABLE]), len(DATA)
    counts = [len(DATA)]

    movers = [mover for name, mover in SENDERS.items() if name != "sendmmsg"]  # it counts messages, and not bytes
    counts = [taken(mover, *place) for mover in movers]  # decisive

    client.send(b"next")
    assert server.recv(1000) == b"".join(DATA[:count] for count in counts) + b"next"


@pytest.mark.claim("arguments.send.length-beyond-ssize-max")
@over_streams
def test_sum_of_lengths_that_no_ssize_t_holds_is_refused(stream_pair, memory):
    client, server = stream_pair
    data = memory.holding(DATA)
    buffers = [(data, len(DATA)), (data, TOO_MANY)]
    cases = {
        "writev": partial(called, "writev", client.fileno(), memory.vector(*buffers), len(buffers)),
        "sendmsg": partial(called, "sendmsg", client.fileno(), memory.message(buffers), 0),
        "sendmmsg": partial(called, "sendmmsg", client.fileno(), memory.message(buffers), 1, 0),
        "writev of -1 buffers": partial(called, "writev", client.fileno(), memory.vector(*buffers), -1),
    }  # fmt: skip

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.send.out-of-band-datagram-refused")
@over_ip4
def test_out_of_band_datagram_is_refused(peers, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.connect(server.getsockname())

    with fails(EOPNOTSUPP):
        client.send(DATA, MSG_OOB)  # decisive

    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.batch.sent-before-counts")
@over_streams
def test_batch_ends_before_the_message_that_cannot_be_read(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.connect(server.getsockname())
    good, bad = memory.holding(b"good"), memory.nowhere
    batch = memory.holding(b"".join(memory.header([(at, 4)]) for at in (good, bad, good)))

    assert called("sendmmsg", client.fileno(), batch, 3, 0) == 1  # decisive

    client.send(b"next")
    assert [server.recv(100), server.recv(100)] == [b"good", b"next"]


@pytest.mark.claim("arguments.message.unreadable")
@pytest.mark.needs("glibc")
@over_streams
def test_message_that_cannot_be_read_is_not_sent(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.connect(server.getsockname())
    place = {"unreadable": memory.nowhere, "readable in part": memory.ending(bytes(20))}
    cases = {f"sendmsg {how}": partial(called, "sendmsg", client.fileno(), at, 0) for how, at in place.items()}
    cases |= {f"sendmmsg {how}": partial(called, "sendmmsg", client.fileno(), at, 1, 0) for how, at in place.items()}
    cases |= {f"recvmsg {how}": partial(called, "recvmsg", server.fileno(), at, 0) for how, at in place.items()}
    cases |= {
        f"recvmmsg {how}": partial(called, "recvmmsg", server.fileno(), at, 1, 0, None) for how, at in place.items()
    }
    client.send(b"next")

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.send.unreadable-urgent-not-sent")
@over_streams
def test_urgent_byte_that_cannot_be_read_is_not_sent(stream_pair, memory):
    client, server = stream_pair

    with fails(EFAULT):
        called("send", client.fileno(), ctypes.c_void_p(memory.nowhere), 1, MSG_OOB)  # decisive

    with fails(EINVAL):
        server.recv(1, MSG_OOB)
