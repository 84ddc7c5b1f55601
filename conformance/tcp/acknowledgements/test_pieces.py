"""A stream that comes in any pieces, and its end among them (RFC 9293 section 3.10.7.4)."""

import random
from socket import MSG_WAITALL

import pytest

from fixtures.evidence.kernel_view import is_in
from fixtures.stage.families import over_ip

LENGTH = 4000
STREAM = bytes(number * 7 % 251 for number in range(LENGTH))
LONGEST = 700
END = 1 + LENGTH
"""The number of a FIN behind the stream."""


def pieces(seed):
    """Pieces of the stream by their ends: first some that overlap, in any order, and then all of it."""
    chance = random.Random(seed)
    starts = [chance.randrange(LENGTH) for _ in range(24)]
    some = [(start, min(LENGTH, start + chance.randrange(1, LONGEST))) for start in starts]
    rest = [(start, min(LENGTH, start + LONGEST)) for start in range(0, LENGTH, LONGEST)]
    chance.shuffle(rest)
    return some + rest


@pytest.mark.claim("tcp.acknowledgements.any-pieces")
@pytest.mark.parametrize("options", ["<mss 1460>", "<mss 1460,sackOK>"], ids=["plain", "sack"])
@pytest.mark.parametrize("seed", range(3))
@over_ip
def test_any_pieces_make_the_stream(remote, seed, options):
    server = remote.reach(options=options)

    for start, end in pieces(seed):
        remote.send(f"PSH ACK seq {1 + start} ({end - start})", payload=STREAM[start:end])  # decisive

    assert remote.seen("ACK")[-1].acknowledgement == END
    assert server.recv(LENGTH, MSG_WAITALL) == STREAM


@pytest.mark.claim("tcp.acknowledgements.end-behind-a-hole")
@over_ip
def test_end_behind_a_hole_waits_until_it_is_filled(remote):
    server = remote.reach()
    remote.send("FIN ACK seq 5")
    is_in(remote.ends, "ESTABLISHED")

    remote.send("PSH ACK seq 1 (4)", payload=b"data")  # decisive

    remote.expect("ACK ack 6")
    is_in(remote.ends, "CLOSE_WAIT")
    assert (server.recv(10), server.recv(10)) == (b"data", b"")


@pytest.mark.claim("tcp.acknowledgements.end-with-data")
@over_ip
def test_end_in_the_segment_of_the_last_data_comes_behind_it(remote):
    server = remote.reach()

    remote.send("FIN PSH ACK (4)", payload=b"data")  # decisive

    remote.expect("ACK ack 6")
    assert (server.recv(10), server.recv(10)) == (b"data", b"")


@pytest.mark.claim("tcp.acknowledgements.nothing-behind-the-end")
@over_ip
def test_data_behind_the_end_is_not_given_to_the_reader(remote):
    server = remote.reach()
    remote.send("FIN PSH ACK (4)", payload=b"data")

    remote.send("PSH ACK seq 6 (4)", payload=b"more")  # decisive

    remote.came("PSH ACK 6:10(4)")
    remote.settle()
    assert (server.recv(10), server.recv(10)) == (b"data", b"")
