"""Groups of packet sockets: who may join one, and that each frame goes to one of them."""

from errno import EINVAL
from socket import AF_PACKET, SOCK_RAW

import pytest

from conformance.local.unix.names import bind_raw
from conformance.network.packets.links import (
    BY_HASH,
    BY_TURNS,
    EVERYBODY,
    PACKET_FANOUT,
    SOL_PACKET,
    counted,
    far_sends,
    frame,
    link_address,
    watcher,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready

pytestmark = pytest.mark.needs("namespace", "CAP_NET_RAW", "frames")
MODES = {"cpu": 2, "rollover": 3, "random": 4, "queue": 5}
"""linux/if_packet.h."""
OTHER = 0x88B6
"""Another protocol for experiments (IEEE 802)."""


@pytest.mark.claim("packet.fanout.each-frame-once")
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_each_frame_goes_to_one_socket_of_a_group(peers, link, mode):
    pair = [watcher(peers, link, lane=lane) for lane in ("first", "second")]
    for end in pair:
        end.setsockopt(SOL_PACKET, PACKET_FANOUT, 79 | mode << 16)  # decisive

    far_sends(peers, link, *(frame(EVERYBODY, b"x") for _ in range(9)))

    assert sum(counted(end)[0] for end in pair) == 9


@pytest.mark.claim("packet.fanout.of-one-mode")
def test_group_has_one_mode(peers, link):
    first, second = (watcher(peers, link, lane=lane) for lane in ("first", "second"))
    first.setsockopt(SOL_PACKET, PACKET_FANOUT, 80 | BY_HASH << 16)

    with fails(EINVAL):
        second.setsockopt(SOL_PACKET, PACKET_FANOUT, 80 | BY_TURNS << 16)  # decisive


@pytest.mark.claim("packet.fanout.of-one-protocol")
def test_group_has_one_protocol(peers, link):
    first, second = watcher(peers, link, lane="first"), watcher(peers, link, protocol=OTHER, lane="second")
    first.setsockopt(SOL_PACKET, PACKET_FANOUT, 81 | BY_HASH << 16)

    with fails(EINVAL):
        second.setsockopt(SOL_PACKET, PACKET_FANOUT, 81 | BY_HASH << 16)  # decisive


@pytest.mark.claim("packet.bind.zero-is-every-interface")
def test_socket_without_an_interface_sees_every_link(peers, link):
    near = peers.socket("near", AF_PACKET, SOCK_RAW, 0)
    bind_raw(near, link_address(0))  # decisive

    far_sends(peers, link, frame(EVERYBODY, b"anywhere"))

    ready(near, 1)
    data, address = near.recvfrom(100)
    assert (data, address[0]) == (frame(EVERYBODY, b"anywhere"), link.near_interface)
