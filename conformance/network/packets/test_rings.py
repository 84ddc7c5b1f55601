"""Rings of packet sockets in shared memory: what leaves by one, and what options make of them."""

from errno import EMSGSIZE
from select import POLLIN

import pytest

from conformance.network.packets.links import (
    EVERYBODY,
    EXPERIMENTAL,
    FRAME,
    PACKET_LOSS,
    PACKET_RESERVE,
    PACKET_VERSION,
    SOL_PACKET,
    far_sends,
    frame,
    on_link,
    ring,
    watcher,
)
from conformance.network.packets.rings import (
    AVAILABLE,
    RESERVED,
    SEND_REQUEST,
    WRONG_FORMAT,
    fill,
    place_of,
    sending_ring,
    status_of,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready, until

pytestmark = pytest.mark.needs("namespace", "CAP_NET_RAW", "frames")
FIRST, SECOND = frame(EVERYBODY, b"first" * 10), frame(EVERYBODY, b"second" * 10)


def both_ends(peers, link):
    """A packet socket of the far host that sees what is sent, and one of the near host."""
    with link.far.entered():
        far = on_link(peers, "far", link.far_interface, protocol=EXPERIMENTAL)
    return far, watcher(peers, link)


def taken(end):
    """The next frame, once it is there."""
    ready(end, POLLIN)
    return end.recv(FRAME)


@pytest.mark.claim("packet.ring.frames-leave")
def test_frames_leave_by_the_ring_when_send_is_called(peers, link):
    far, near = both_ends(peers, link)
    with sending_ring(near) as memory:
        fill(memory, 0, FIRST)
        fill(memory, 1, SECOND)

        near.send(b"")  # decisive

        assert [taken(far), taken(far)] == [FIRST, SECOND]
        until(lambda: [status_of(memory, slot) for slot in (0, 1)] == [AVAILABLE] * 2, what="both slots are free")


@pytest.mark.claim("packet.ring.malformed-stops")
def test_malformed_frame_stops_the_ring(peers, link):
    near = watcher(peers, link)
    with sending_ring(near) as memory:
        fill(memory, 0, FIRST, length=2 * FRAME)
        fill(memory, 1, SECOND)

        with fails(EMSGSIZE):
            near.send(b"")  # decisive

        assert [status_of(memory, slot) for slot in (0, 1)] == [WRONG_FORMAT, SEND_REQUEST]


@pytest.mark.claim("packet.ring.loss-skips-the-malformed")
def test_malformed_frame_is_skipped_if_losses_are_allowed(peers, link):
    far, near = both_ends(peers, link)
    near.setsockopt(SOL_PACKET, PACKET_LOSS, 1)  # decisive
    with sending_ring(near) as memory:
        fill(memory, 0, FIRST, length=2 * FRAME)
        fill(memory, 1, SECOND)

        near.send(b"")

        assert taken(far) == SECOND
        assert status_of(memory, 0) == AVAILABLE


@pytest.mark.claim("packet.ring.room-in-front")
def test_room_is_left_in_front_of_the_frame(peers, link):
    plain, roomy = watcher(peers, link, lane="plain"), watcher(peers, link, lane="roomy")
    roomy.setsockopt(SOL_PACKET, PACKET_RESERVE, RESERVED)  # decisive
    with ring(plain) as one, ring(roomy) as other:
        far_sends(peers, link, FIRST)

        for end in (plain, roomy):
            ready(end, POLLIN)
        place = place_of(other)
        assert place - place_of(one) == RESERVED
        assert other[place : place + len(FIRST)] == FIRST


@pytest.mark.claim("packet.ring.first-version-by-default")
def test_version_is_the_first_unless_another_is_chosen(peers, link):
    near = watcher(peers, link)
    before = near.getsockopt(SOL_PACKET, PACKET_VERSION)

    near.setsockopt(SOL_PACKET, PACKET_VERSION, 2)  # decisive

    assert (before, near.getsockopt(SOL_PACKET, PACKET_VERSION)) == (0, 2)
