"""Packet sockets on one link: frames, addresses of the link layer, and rings in shared memory."""

from __future__ import annotations

import fcntl
import mmap
import socket
import struct
from socket import AF_PACKET, SOCK_RAW

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.links import Link
from fixtures.stage.peers import Peers

ETH_P_ALL, EXPERIMENTAL, LINK_HEADER = 3, 0x88B5, 14
"""linux/if_ether.h; 0x88B5 is a protocol for experiments (IEEE 802)."""
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP, PACKET_RX_RING, PACKET_STATISTICS = 263, 1, 2, 5, 6
PACKET_AUXDATA, PACKET_VERSION, PACKET_RESERVE, PACKET_LOSS, PACKET_TIMESTAMP = 8, 10, 12, 14, 17
PACKET_FANOUT, PACKET_QDISC_BYPASS, PACKET_MR_MULTICAST, BY_TURNS, BY_HASH = 18, 20, 0, 1, 0
"""linux/if_packet.h."""
EVERYBODY, GROUP, STRANGER = b"\xff" * 6, b"\x01\x00\x5e\x01\x02\x03", b"\x02\x00\x00\x00\x77\x77"
SIOCGIFHWADDR, SIOCSIFFLAGS = 0x8927, 0x8914
BLOCK, FRAME = 4096, 2048
NOBODYS = 9999
"""An index that no interface has."""
AUXILIARY = struct.Struct("=IIIHHHH")
"""struct tpacket_auxdata: status, length, how much was kept, places of both headers, two of VLAN."""


def on_link(
    peers: Peers, lane: str, interface: str, *, kind: int = SOCK_RAW, protocol: int = ETH_P_ALL
) -> RecordedSocket:
    """A packet socket that is bound to one interface."""
    end = peers.socket(lane, AF_PACKET, kind, 0)
    end.bind((interface, protocol))
    return end


def hardware(interface: str) -> bytes:
    """The address that the interface has on its link (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        return fcntl.ioctl(asking, SIOCGIFHWADDR, struct.pack("256s", interface.encode()))[18:24]


def frame(to: bytes, data: bytes, *, source: bytes = STRANGER) -> bytes:
    """A frame of Ethernet of the protocol for experiments."""
    return to + source + struct.pack("!H", EXPERIMENTAL) + data


def far_sends(peers: Peers, link: Link, *frames: bytes) -> None:
    """The far host puts these frames on the link."""
    with link.far.entered():
        sender = on_link(peers, "far", link.far_interface)
    for each in frames:
        sender.send(each)


def watcher(peers: Peers, link: Link, *, protocol: int = EXPERIMENTAL, lane: str = "near") -> RecordedSocket:
    """A packet socket of the near host that sees frames for experiments."""
    return on_link(peers, lane, link.near_interface, protocol=protocol)


def membership(index: int, kind: int, address: bytes) -> bytes:
    """A struct packet_mreq."""
    return struct.pack("iHH8s", index, kind, len(address), address)


def link_address(index: int) -> bytes:
    """A struct sockaddr_ll of that interface and the protocol for experiments (packet(7))."""
    return struct.pack("HHiHBB8s", AF_PACKET, socket.htons(EXPERIMENTAL), index, 0, 0, 0, b"")


def counted(end: RecordedSocket) -> tuple[int, int]:
    """How many packets the socket was to have since it was asked last, and how many of them were dropped."""
    seen, dropped = struct.unpack("II", end.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return seen, dropped


def ring(end: RecordedSocket) -> mmap.mmap:
    """A ring of two frames of the second version, into which the kernel puts what it receives."""
    end.setsockopt(SOL_PACKET, PACKET_VERSION, 1)
    end.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", BLOCK, 1, FRAME, BLOCK // FRAME))
    return mmap.mmap(end.fileno(), BLOCK, mmap.MAP_SHARED)


def take_down(interface: str) -> None:
    """Takes an interface of this namespace down; it is one of a link that was made for the scenario."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, SIOCSIFFLAGS, struct.pack("16sH22x", interface.encode(), 0))
