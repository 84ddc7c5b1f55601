"""Packet sockets: what they see, share and count."""

import struct
import time
from errno import EMSGSIZE, ENETDOWN, ENODEV, ENXIO
from fcntl import ioctl
from pathlib import Path
from select import POLLERR, POLLIN
from socket import (
    AF_PACKET,
    MSG_DONTWAIT,
    PACKET_BROADCAST,
    PACKET_HOST,
    PACKET_MULTICAST,
    PACKET_OTHERHOST,
    PACKET_OUTGOING,
    SO_ERROR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_SOCKET,
)

import pytest

from conformance.configuration.values.settings import SIOCGSTAMP, TIMEVAL, of_type, seconds_of
from conformance.local.unix.names import bind_raw
from conformance.network.packets.links import (
    AUXILIARY,
    BY_HASH,
    BY_TURNS,
    EVERYBODY,
    EXPERIMENTAL,
    GROUP,
    LINK_HEADER,
    NOBODYS,
    PACKET_ADD_MEMBERSHIP,
    PACKET_AUXDATA,
    PACKET_DROP_MEMBERSHIP,
    PACKET_FANOUT,
    PACKET_MR_MULTICAST,
    PACKET_QDISC_BYPASS,
    PACKET_TIMESTAMP,
    SOL_PACKET,
    STRANGER,
    counted,
    far_sends,
    frame,
    hardware,
    link_address,
    membership,
    on_link,
    ring,
    take_down,
    watcher,
)
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready

pytestmark = pytest.mark.needs("CAP_NET_RAW", "frames")
KINDS = {"host": (None, PACKET_HOST), "broadcast": (EVERYBODY, PACKET_BROADCAST),
         "multicast": (GROUP, PACKET_MULTICAST), "otherhost": (STRANGER, PACKET_OTHERHOST)}  # fmt: skip
options = pytest.mark.parametrize(
    "option", [PACKET_TIMESTAMP, PACKET_QDISC_BYPASS], ids=["PACKET_TIMESTAMP", "PACKET_QDISC_BYPASS"]
)
JOINED = Path("/proc/thread-self/net/dev_mcast")


@pytest.mark.claim("packet.cooked.header-written")
def test_header_of_a_cooked_packet_is_written(peers, link):
    with link.far.entered():
        far = on_link(peers, "far", link.far_interface, protocol=EXPERIMENTAL)
    near = on_link(peers, "near", link.near_interface, kind=SOCK_DGRAM, protocol=0)

    near.sendto(b"cooked", (link.near_interface, EXPERIMENTAL, 0, 0, EVERYBODY))  # decisive

    assert far.recv(99) == frame(EVERYBODY, b"cooked", source=hardware(link.near_interface))


@pytest.mark.claim("packet.type.told")
@pytest.mark.parametrize(("to", "kind"), KINDS.values(), ids=KINDS)
def test_whom_a_frame_is_for_is_told(peers, link, to, kind):
    near = watcher(peers, link)

    far_sends(peers, link, frame(to or hardware(link.near_interface), b"x"))  # decisive

    assert near.recvfrom(99)[1][2] == kind


@pytest.mark.claim("packet.type.outgoing-told")
def test_what_goes_out_is_told_so(peers, link):
    near = on_link(peers, "near", link.near_interface)

    on_link(peers, "sender", link.near_interface, protocol=0).send(frame(EVERYBODY, b"own"))  # decisive

    seen = near.recvfrom(99)
    while not seen[0].endswith(b"own"):
        seen = near.recvfrom(99)
    assert seen[1][2] == PACKET_OUTGOING


@pytest.mark.claim("packet.membership.joins-on-the-link")
def test_membership_of_the_socket_is_one_of_the_interface(peers, link):
    near, group = watcher(peers, link), membership(link.near_index, PACKET_MR_MULTICAST, GROUP)
    near.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, group)  # decisive
    joined = GROUP.hex() in JOINED.read_text("ascii")

    near.setsockopt(SOL_PACKET, PACKET_DROP_MEMBERSHIP, group)

    assert (joined, GROUP.hex() in JOINED.read_text("ascii")) == (True, False)


@pytest.mark.claim("packet.auxdata.length-told")
def test_length_and_place_of_a_frame_are_told(peers, link):
    near = watcher(peers, link)
    near.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)  # decisive

    far_sends(peers, link, frame(EVERYBODY, bytes(100)))

    ancillary = near.recvmsg(20, 200)[1]
    told = [AUXILIARY.unpack(one)[1:3] for one in of_type(ancillary, SOL_PACKET, PACKET_AUXDATA)]
    assert told == [(LINK_HEADER + 100, LINK_HEADER + 100)]


@pytest.mark.claim("packet.fanout.by-turns")
def test_sockets_of_a_group_take_turns(peers, link):
    pair = [watcher(peers, link, lane=lane) for lane in ("first", "second")]
    for end in pair:
        end.setsockopt(SOL_PACKET, PACKET_FANOUT, 77 | BY_TURNS << 16)  # decisive

    far_sends(peers, link, *(frame(EVERYBODY, b"x") for _ in range(4)))

    assert [counted(end) for end in pair] == [(2, 0), (2, 0)]


@pytest.mark.claim("packet.fanout.one-flow-one-socket")
def test_frames_of_one_flow_go_to_one_socket(peers, link):
    pair = [watcher(peers, link, lane=lane) for lane in ("first", "second")]
    for end in pair:
        end.setsockopt(SOL_PACKET, PACKET_FANOUT, 78 | BY_HASH << 16)  # decisive

    far_sends(peers, link, *(frame(EVERYBODY, b"x") for _ in range(4)))

    assert sorted(counted(end) for end in pair) == [(0, 0), (4, 0)]


@pytest.mark.claim("packet.ring.frames-appear")
def test_frame_appears_in_the_ring(peers, link):
    near = watcher(peers, link)
    with ring(near) as memory:
        before = struct.unpack_from("I", memory)[0]

        far_sends(peers, link, frame(EVERYBODY, b"in the ring"))  # decisive

        ready(near, POLLIN)
        status, length, kept, place = struct.unpack_from("IIIH", memory)
        assert (before, status & 1, length) == (0, 1, kept)
        assert memory[place : place + length] == frame(EVERYBODY, b"in the ring")


@pytest.mark.claim("packet.options.read-back")
@options
def test_option_reads_back(peers, link, option):
    near = watcher(peers, link)
    before = near.getsockopt(SOL_PACKET, option)

    near.setsockopt(SOL_PACKET, option, 1)  # decisive

    assert (before, near.getsockopt(SOL_PACKET, option)) == (0, 1)


@pytest.mark.claim("packet.siocgstamp.of-the-last-packet")
def test_time_of_the_last_packet_is_told(peers, link):
    near, before = watcher(peers, link), time.time()
    far_sends(peers, link, frame(EVERYBODY, b"x"))
    near.recv(99)
    told = bytes(TIMEVAL.size)

    told = ioctl(near, SIOCGSTAMP, bytes(TIMEVAL.size))  # decisive

    assert before - 1 <= seconds_of(told) <= time.time()


@pytest.mark.claim("packet.send.longer-than-the-link-takes")
def test_frame_above_the_mtu_is_refused(peers, link):
    near = watcher(peers, link)

    with fails(EMSGSIZE):
        near.send(frame(EVERYBODY, bytes(1600)))  # decisive


@pytest.mark.claim("packet.send.without-an-interface")
def test_frame_without_an_interface_is_refused(peers, namespace):
    end = peers.socket("end", AF_PACKET, SOCK_RAW, 0)

    with fails(ENXIO):
        end.send(frame(EVERYBODY, b"x"))  # decisive


@pytest.mark.claim("packet.bind.unknown-interface")
def test_interface_that_is_not_there_is_refused(peers, link):
    end = peers.socket("end", AF_PACKET, SOCK_RAW, 0)

    with fails(ENODEV):
        bind_raw(end, link_address(NOBODYS))  # decisive


@pytest.mark.claim("packet.membership.unknown-interface")
def test_membership_of_an_unknown_interface_is_refused(peers, link):
    near = watcher(peers, link)

    with fails(ENODEV):
        near.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership(NOBODYS, PACKET_MR_MULTICAST, GROUP))  # decisive


@pytest.mark.claim("packet.down.told-once")
def test_interface_that_goes_down_is_told_once(peers, link):
    near = watcher(peers, link)

    take_down(link.near_interface)  # decisive

    ready(near, POLLERR)
    with fails(ENETDOWN):
        near.recv(99, MSG_DONTWAIT)
    assert near.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("packet.down.nothing-sent")
def test_nothing_is_sent_by_an_interface_that_is_down(peers, link):
    near = watcher(peers, link)
    take_down(link.near_interface)
    near.getsockopt(SOL_SOCKET, SO_ERROR)

    with fails(ENETDOWN):
        near.send(frame(EVERYBODY, b"x"))  # decisive
