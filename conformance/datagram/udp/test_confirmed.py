"""MSG_CONFIRM: a neighbour that an application knows to be there is not asked for."""

from socket import MSG_CONFIRM, SOCK_DGRAM

import pytest

from conformance.datagram.udp.neighbours import DELAY, PROBE, REACHABLE, STALE, asks_for, make_stale, state_of
from fixtures.evidence.waiting import GENEROUS, until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.beside
DELAY_SECONDS = 3
FIRST_PROBE = {
    "ip4": "net.ipv4.neigh.near0.delay_first_probe_time",
    "ip6": "net.ipv6.neigh.near0.delay_first_probe_time",
}


@pytest.fixture
def doubtful(peers, family, link, sysctl):
    """A sender, the name of a neighbour of which it is no longer sure that it is there, and its state.

    It is asked for some seconds after something was sent to it: more than a machine may stand still for.
    """
    sysctl(FIRST_PROBE[family.name], DELAY_SECONDS)
    with link.far.entered():
        receiver = peers.datagram(family, lane="receiver", host=link.far_host(family))
    sender = peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.sendto(b"first", receiver.getsockname())
    assert receiver.recv(10) == b"first"
    make_stale(link.near_index, link.far_host(family))
    return sender, receiver.getsockname(), lambda: state_of(link.near_index, link.far_host(family))


def decided(sender, name, state, flags):
    """Sends again and again until the kernel has made up its mind about the neighbour, which it tells."""

    def settled():
        sender.sendto(b"more", flags, name)
        return found if (found := state()) not in (STALE, DELAY) else 0

    return until(settled, what="the neighbour no longer in doubt", within=GENEROUS + DELAY_SECONDS)


def questions(wire, name):
    """How often the neighbour of that name has been asked for, after a fence; it may have questions of its own."""
    wire.settle()
    return sum(1 for frame in wire.frames if asks_for(name[0], frame.data))


@pytest.mark.claim("udp.confirm.neighbour-not-asked")
@over_ip
def test_neighbour_that_is_confirmed_is_not_asked_for(doubtful, wire):
    sender, name, state = doubtful
    asked, found = questions(wire, name), 0

    found = decided(sender, name, state, MSG_CONFIRM)  # decisive

    assert found == REACHABLE
    assert questions(wire, name) == asked


@pytest.mark.claim("udp.confirm.asked-without")
@over_ip
def test_neighbour_that_nobody_confirms_is_asked_for(doubtful, wire):
    sender, name, state = doubtful
    asked, found = questions(wire, name), 0

    found = decided(sender, name, state, 0)  # decisive

    assert found in (PROBE, REACHABLE)
    until(
        lambda: state() == REACHABLE or questions(wire, name) > asked,
        what="the neighbour asked for, or known to be there",
    )
    assert questions(wire, name) > asked
