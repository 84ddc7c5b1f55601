"""The first sequence numbers of many connections (RFC 9293 section 3.4.1)."""

from itertools import pairwise

import pytest

from fixtures.stage.families import over_ip

CONNECTIONS = 24
"""Random numbers of so many lie within a quarter of their circle once in 10**12 times."""
CIRCLE = 1 << 32


@pytest.mark.claim("tcp.opening.numbers-apart-by-tuple")
@pytest.mark.usefixtures("long_queues")
@over_ip
def test_first_numbers_are_spread_over_their_circle(peers, family, wire):
    listener = peers.listener(family)

    for _ in range(CONNECTIONS):
        peers.connecting(family, listener.getsockname())  # decisive

    first = [syn.layers["TCP"].seq for syn in wire.seen("* > * SYN !ACK")]
    assert len(first) >= CONNECTIONS
    assert CIRCLE - widest_gap(first) > CIRCLE // 4


def widest_gap(numbers):
    """The longest arc of the circle on which none of `numbers` lies."""
    ordered = sorted(numbers)
    return max(after - before for before, after in pairwise([*ordered, ordered[0] + CIRCLE]))
