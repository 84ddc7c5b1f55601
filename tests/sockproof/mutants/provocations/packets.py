"""Packet sockets on loopback, with frames of a protocol that nobody speaks."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

from socket import *
from socket import socket

from .common import *

UNSPOKEN = 0x88B6
FRAME = bytes(12) + UNSPOKEN.to_bytes(2, "big") + b"x" * 100


@contextlib.contextmanager
def packets(kind: SocketKind = SOCK_RAW, interface: str = "lo") -> Iterator[tuple[socket, socket]]:
    with socket(AF_PACKET, kind) as end, socket(AF_PACKET, SOCK_RAW) as other:
        end.bind((interface, UNSPOKEN))
        other.bind(("lo", 0))
        yield end, other


@provokes("packet_frames_twice", "packet_trunc_ignored", "packet_address_outgoing")
def frames() -> object:
    with packets() as (end, other):
        other.send(FRAME)
        data, address = end.recvfrom(2000, MSG_DONTWAIT)
        again = outcome(end.recv, 2000, MSG_DONTWAIT)
        other.send(FRAME)
        return data, address, again, end.recv_into(bytearray(9), 9, MSG_TRUNC | MSG_DONTWAIT)


@provokes("packet_cooked_with_header")
def cooked() -> object:
    with packets(SOCK_DGRAM) as (end, other):
        other.send(FRAME)
        return end.recv(2000, MSG_DONTWAIT)


@provokes("packet_zero_protocol_receives")
def without_protocol() -> object:
    with socket(AF_PACKET, SOCK_RAW, 0) as end, packets() as (_, other):
        other.send(FRAME)
        return outcome(end.recv, 2000, MSG_DONTWAIT)


@provokes("packet_drops_uncounted")
def lost() -> object:
    with packets() as (end, other):
        end.setsockopt(SOL_SOCKET, SO_RCVBUF, 0)
        for _ in range(20):
            other.send(FRAME)
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
        return struct.unpack_from("q", end.recvmsg(2000, 64, MSG_DONTWAIT)[1][0][2])[0] > 0


@provokes("epoll_wait_one_at_a_time")
def several_ready() -> object:
    with select.epoll() as instance, socket(AF_INET, SOCK_DGRAM) as one, socket(AF_INET, SOCK_DGRAM) as other:
        for end in (one, other):
            instance.register(end, select.EPOLLOUT)
        return len(instance.poll(0, 8))
