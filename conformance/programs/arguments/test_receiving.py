"""Memory that received data cannot be written to: what is lost by it, and what is not."""

from errno import EFAULT, EINVAL
from functools import partial
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_PEEK

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.moving import RECEIVERS, moves
from conformance.programs.arguments.outcomes import each_fails
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams


def places(memory):
    """Where data cannot be written."""
    return {"unwritable": memory.nowhere, "writable in part": memory.ending(b"??")}


@pytest.mark.claim("arguments.receive.unwritable-stream-loses-nothing")
@over_streams
def test_bytes_that_cannot_be_written_stay_in_the_stream(stream_pair, memory):
    client, server = stream_pair
    client.send(b"abcdef")
    ready(server, POLLIN)

    cases = moves(RECEIVERS, server, memory, places(memory), 6)

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert server.recv(100) == b"abcdef"


def sent_before(cases, client, server):
    """The same calls, each with a datagram of its own that has arrived."""

    def one(case):
        client.sendto(b"lost with", server.getsockname())
        ready(server, POLLIN)
        return cases[case]()

    return {case: partial(one, case) for case in cases}


@pytest.mark.claim("arguments.receive.unwritable-datagram-is-lost")
@over_streams
def test_datagram_that_cannot_be_written_is_lost(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    cases = moves(RECEIVERS, server, memory, places(memory), 6)

    cases = sent_before(cases, client, server)

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    client.sendto(b"next", server.getsockname())
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.receive.peek-into-nowhere-takes-nothing")
@over_streams
def test_datagram_that_is_peeked_at_into_nowhere_stays(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    client.sendto(b"stays", server.getsockname())
    ready(server, POLLIN)
    cases = {how: partial(called, "recv", server.fileno(), at, 5, MSG_PEEK) for how, at in places(memory).items()}

    with each_fails(EFAULT) as tried:
        tried(cases)  # decisive

    assert server.recv(100) == b"stays"


@pytest.mark.claim("arguments.receive.length-beyond-ssize-max")
@over_streams
def test_sum_of_lengths_that_no_ssize_t_holds_is_refused(stream_pair, memory):
    client, server = stream_pair
    client.send(b"stays")
    ready(server, POLLIN)
    buffers = [(memory.holding(bytes(2)), 2), (memory.holding(bytes(2)), 2**63)]
    cases = {
        "readv": partial(called, "readv", server.fileno(), memory.vector(*buffers), len(buffers)),
        "recvmsg": partial(called, "recvmsg", server.fileno(), memory.message(buffers), 0),
        "recvmmsg": partial(called, "recvmmsg", server.fileno(), memory.message(buffers), 1, 0, None),
        "readv of -1 buffers": partial(called, "readv", server.fileno(), memory.vector(*buffers), -1),
    }  # fmt: skip

    with each_fails(EINVAL) as tried:
        tried(cases)  # decisive

    assert server.recv(100) == b"stays"


@pytest.mark.claim("arguments.batch.error-waits-for-the-next")
@over_streams
def test_error_behind_the_first_message_of_a_batch_is_told_by_the_next_call(peers, memory, family):
    server, client = peers.datagram(family, lane="server"), peers.datagram(family, lane="client")
    for data in (b"good", b"lost"):
        client.sendto(data, server.getsockname())
    good, bad = memory.holding(bytes(4)), memory.nowhere
    batch = memory.holding(b"".join(memory.header([(at, 4)]) for at in (good, bad)))
    ready(server, POLLIN)

    assert called("recvmmsg", server.fileno(), batch, 2, 0, None) == 1  # decisive

    assert memory.at(good, 4) == b"good"
    with fails(EFAULT):
        called("recvmmsg", server.fileno(), batch, 1, MSG_DONTWAIT, None)
