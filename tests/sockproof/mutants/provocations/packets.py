"""Packet sockets on loopback, with frames of a protocol that nobody speaks."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import itertools
from socket import *
from socket import socket

from .common import *

UNSPOKEN = 0x88B6
HEADER = bytes(12) + UNSPOKEN.to_bytes(2, "big")
FRAME = HEADER + b"x" * 100
LONGEST = 60.0
"""Seconds in which a frame has come back, on a busy machine too: it may be delivered after send() has returned."""
MARKERS = itertools.count()


@contextlib.contextmanager
def packets(kind: SocketKind = SOCK_RAW, interface: str = "lo") -> Iterator[tuple[socket, socket]]:
    with socket(AF_PACKET, kind) as end, socket(AF_PACKET, SOCK_RAW) as other:
        other.bind(("lo", 0))
        settle(other)
        end.bind((interface, UNSPOKEN))
        end.settimeout(LONGEST)
        yield end, other


def settle(other: socket) -> None:
    """Returns when what was sent on loopback before has been delivered: each processor has a queue, in order."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with socket(AF_PACKET, SOCK_RAW, htons(UNSPOKEN)) as watch:
        watch.settimeout(LONGEST)
        marker = HEADER + f"{os.getpid()}-{next(MARKERS)}".encode().ljust(100)
        other.send(marker)
        while watch.recv(2000) != marker:
            pass


@provokes("packet_frames_twice", "packet_trunc_ignored", "packet_address_outgoing")
def frames() -> object:
    with packets() as (end, other):
        for letter in b"xyzx":
            other.send(HEADER + bytes([letter]) * 100)
        data, address = end.recvfrom(2000)
        return data, address, end.recv(2000), end.recv(2000), end.recv_into(bytearray(9), 9, MSG_TRUNC)


@provokes("packet_cooked_with_header")
def cooked() -> object:
    with packets(SOCK_DGRAM) as (end, other):
        other.send(FRAME)
        return end.recv(2000)


@provokes("packet_zero_protocol_receives")
def without_protocol() -> object:
    with socket(AF_PACKET, SOCK_RAW, 0) as end, packets() as (_, other):
        other.send(FRAME)
        settle(other)
        return outcome(end.recv, 2000, MSG_DONTWAIT)


@provokes("packet_drops_uncounted")
def lost() -> object:
    with packets() as (end, other):
        end.setsockopt(SOL_SOCKET, SO_RCVBUF, 0)
        for _ in range(20):
            other.send(FRAME)
        settle(other)
        return struct.unpack("II", end.getsockopt(263, 6, 8))[1] > 0


@provokes("packet_connect_accepted")
def connected() -> object:
    with packets() as (end, _):
        return outcome(end.connect, ("lo", UNSPOKEN))


@provokes("packet_stamp_zero")
def stamped() -> object:
    with packets() as (end, other):
        end.setsockopt(SOL_SOCKET, 35, 1)
        other.send(FRAME)
        return struct.unpack_from("q", end.recvmsg(2000, 64)[1][0][2])[0] > 0


@provokes("epoll_wait_one_at_a_time")
def several_ready() -> object:
    with select.epoll() as instance, socket(AF_INET, SOCK_DGRAM) as one, socket(AF_INET, SOCK_DGRAM) as other:
        for end in (one, other):
            instance.register(end, select.EPOLLOUT)
        return len(instance.poll(0, 8))
