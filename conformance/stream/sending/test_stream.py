"""A property of the whole: whatever the sizes, the reader gets every byte once and in order."""

import select
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, cycle
from socket import MSG_DONTWAIT, SHUT_WR, SO_LINGER, SO_SNDBUF, SOL_SOCKET

import pytest

from conformance.stream.sending.buffers import MESSAGE
from fixtures.evidence.expect import linger
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import GENEROUS
from fixtures.stage.families import over_streams
from fixtures.stage.peers import Peers

EXAMPLES = 10
"""Of the property, for each family; the same in every run."""
LARGE = 65536
"""Bytes of every last read in turn, so that reads of a single byte do not make thousands of calls."""


@pytest.mark.claim("stream.send.keeps-every-byte-in-order")
@over_streams
def test_every_byte_arrives_once_and_in_order(family):
    from hypothesis import Phase, given, settings  # takes a while to import: only for who runs this
    from hypothesis import strategies as st

    leave_our_sources_unread()
    sizes = st.lists(st.integers(1, 60_000), min_size=1, max_size=8)

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(sends=sizes, reads=sizes, sndbuf=st.integers(0, 100_000), rcvbuf=st.integers(4096, 100_000))
    def property_holds(sends, reads, sndbuf, rcvbuf):
        with Peers() as peers:
            client, server = peers.pair(family, rcvbuf=rcvbuf)
            client.setsockopt(SOL_SOCKET, SO_SNDBUF, sndbuf)
            arrived = b""
            arrived += carried(client, server, sends, cycle([*reads, LARGE]))  # decisive
            assert arrived == MESSAGE[: sum(sends)]

    property_holds()


def leave_our_sources_unread():
    """Hypothesis reads every module of ours for numbers to try, which lasts where files are slow and finds nothing."""
    with suppress(ImportError):
        from hypothesis.internal.conjecture import providers

        vars(providers)["is_local_module_file"] = lambda _: False


def carried(client: RecordedSocket, server: RecordedSocket, sends: Sequence[int], reads: Iterator[int]) -> bytes:
    """What the server reads while the client sends a message in pieces of `sends` bytes, without waiting.

    Whenever a piece does not go in whole, the server reads once, at most so many bytes as `reads` says.
    """
    arrived, begin = [], 0
    for end in accumulate(sends):
        while begin < end:
            try:
                count = client.send(MESSAGE[begin:end], MSG_DONTWAIT)
                assert 0 < count <= end - begin
                begin += count
            except BlockingIOError:
                arrived.append(read_if_possible(client, server, next(reads)))
    client.shutdown(SHUT_WR)
    arrived.extend(iter(lambda: server.recv(next(reads)), b""))
    # So that no example leaves a port in TIME_WAIT: a range of a few ports would not last for all of them.
    server.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    server.close()
    return b"".join(arrived)


def read_if_possible(client: RecordedSocket, server: RecordedSocket, most: int) -> bytes:
    """At most `most` bytes; none when an acknowledgement has made room before there was something to read."""
    readable, writable, _ = select.select([server], [client], [], GENEROUS)
    assert readable or writable, "neither does the reader get a byte nor has the writer room"
    return server.recv(most) if readable else b""
