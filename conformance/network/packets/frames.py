"""Frames of a protocol that nobody speaks, on the loopback of the scenario."""

import struct
from contextlib import suppress
from select import POLLIN
from socket import AF_PACKET, MSG_DONTWAIT, SOCK_RAW

from fixtures.evidence.waiting import ready
from fixtures.wire.stamping import timestamp

UNSPOKEN = 0x88B6
"""IEEE 802 local experimental EtherType 2."""
HEADER = bytes(12) + UNSPOKEN.to_bytes(2, "big")
"""From and to the address of a loopback interface, which is all zeros."""
SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_HOST = 0
ARPHRD_LOOPBACK = 772


def frame(number, size=60):
    """A frame that can be told from the others."""
    return HEADER + bytes([number]) * size


def receiver(peers, kind=SOCK_RAW, *, interface="lo", protocol=UNSPOKEN):
    """A packet socket that is bound to an interface."""
    end = peers.socket("receiver", AF_PACKET, kind)
    end.bind((interface, protocol))
    return end


def sender(peers, interface="lo"):
    """A packet socket that hears nothing, and sends there."""
    end = peers.socket("sender", AF_PACKET, SOCK_RAW)
    end.bind((interface, 0))
    return end


def received(end, room=2000):
    """The next frame, once it is there."""
    ready(end, POLLIN)
    return end.recv(room)


def frames_left(end):
    """How many frames are there, all of which are taken."""
    count = 0
    with suppress(BlockingIOError):
        while end.recv(2000, MSG_DONTWAIT):
            count += 1
    return count


def statistics(end):
    """Frames that came, and those of them that were lost."""
    return struct.unpack("II", end.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))


def stamp_of(end):
    """Nanoseconds since the epoch, of the next frame."""
    ready(end, POLLIN)
    return timestamp(end.recvmsg(2000, 64)[1])
