"""Fragments that come: in any order, too few, twice, overlapping (RFC 791 3.2, RFC 8200 4.5, RFC 5722)."""

from itertools import permutations

import pytest

from conformance.network.fragments.pieces import ANOTHER, IDENTIFICATION, piece, receiver_of
from fixtures.evidence.expect import one_of
from fixtures.stage.families import ip6, over, over_ip, over_ip4

CUTS = [(0, 800), (800, 1600), (1600, 2008)]
"""A datagram of 2,000 bytes with its header in three fragments, all but the last multiples of eight."""
OVERLAPPING = (792, 1600)
"""The second of them, begun too early."""
DATA = bytes(range(250)) * 8
WHOLE = b"whole"
TAKEN = "RFC 791 3.2: what overlaps may be taken"
DROPPED = "Linux net/ipv4/ip_fragment.c ip_frag_queue(): overlaps discard all, as RFC 5722 has it of IPv6"


def first_read(remote, receiver):
    """The first datagram that the receiver has, one that came whole behind all others being the last."""
    remote.send("UDP", payload=WHOLE)
    return receiver.recv(4096)


@pytest.mark.claim("fragments.reassembly.any-order")
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda order: "".join(map(str, order)))
@over_ip
def test_datagram_is_put_together_in_whatever_order_it_comes(remote, order):
    receiver = receiver_of(remote)
    datagram = remote.craft("UDP", payload=DATA)

    for place in order:
        remote.put(piece(remote, datagram, *CUTS[place]))  # decisive

    assert first_read(remote, receiver) == DATA


@pytest.mark.claim("fragments.reassembly.segments-too")
@over_ip
def test_segment_is_put_together(remote):
    server = remote.reach()
    segment = remote.craft("PSH ACK 1:1989(1988)")

    for start, end in reversed(CUTS):
        remote.put(piece(remote, segment, start, end))  # decisive

    remote.expect("ACK ack 1989")
    assert len(server.recv(4096)) == 1988


@pytest.mark.claim("fragments.reassembly.not-without-all")
@pytest.mark.parametrize("missing", range(3))
@over_ip
def test_datagram_is_not_read_while_a_fragment_is_missing(remote, missing):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)

    others(remote, datagram, missing)  # decisive

    assert first_read(remote, receiver) == WHOLE
    remote.put(piece(remote, datagram, *CUTS[missing]))
    assert receiver.recv(4096) == DATA


@pytest.mark.claim("fragments.reassembly.not-without-all")
@pytest.mark.parametrize("missing", range(3))
@over_ip
def test_fragments_of_two_datagrams_are_not_put_together(remote, missing):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)
    others(remote, datagram, missing)

    remote.put(piece(remote, datagram, *CUTS[missing], number=ANOTHER))  # decisive

    assert first_read(remote, receiver) == WHOLE
    others(remote, datagram, missing, number=ANOTHER)
    assert receiver.recv(4096) == DATA


def others(remote, datagram, missing, *, number=IDENTIFICATION):
    """Sends all fragments of a datagram but the one that is missing."""
    for place in {0, 1, 2} - {missing}:
        remote.put(piece(remote, datagram, *CUTS[place], number=number))


@pytest.mark.claim("fragments.overlap.discards-all")
@over(ip6)
def test_datagram_with_an_overlap_is_discarded_whole(remote):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)
    others(remote, datagram, 1)

    remote.put(piece(remote, datagram, *OVERLAPPING))  # decisive
    remote.put(piece(remote, datagram, *CUTS[1]))

    assert first_read(remote, receiver) == WHOLE


@pytest.mark.claim("fragments.overlap.one-datagram")
@over_ip4
def test_overlap_over_ip4_makes_no_other_datagram(remote):
    receiver, datagram = receiver_of(remote), remote.craft("UDP", payload=DATA)
    overlap = piece(remote, datagram, *OVERLAPPING)
    others(remote, datagram, 1)

    remote.put(overlap)  # decisive
    remote.put(piece(remote, datagram, *CUTS[1]))

    remote.came(overlap)
    one_of(first_read(remote, receiver), {WHOLE: DROPPED, DATA: TAKEN}, what="datagram")


@pytest.mark.claim("fragments.duplicate.does-no-harm")
@pytest.mark.parametrize("twice", range(2))
@over_ip4
def test_fragment_that_comes_twice_does_no_harm(remote, twice):
    receiver = receiver_of(remote)
    datagram = remote.craft("UDP", payload=DATA)

    for place in (twice, *range(3)):
        remote.put(piece(remote, datagram, *CUTS[place]))  # decisive

    assert first_read(remote, receiver) == DATA


@pytest.mark.claim("fragments.atomic.by-itself")
@over(ip6)
def test_atomic_fragment_is_taken_by_itself(remote):
    receiver = receiver_of(remote)
    remote.put(piece(remote, remote.craft("UDP", payload=DATA), *CUTS[0]))
    alone = remote.craft("UDP", payload=b"alone")

    remote.put(piece(remote, alone, 0, 13))  # decisive

    assert first_read(remote, receiver) == b"alone"
