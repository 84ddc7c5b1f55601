"""Packet sockets on loopback, with frames of the protocol for experiments."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
import mmap
import select
import struct
from contextlib import ExitStack
from socket import *
from socket import socket

from .common import *

EXPERIMENTAL, SOL_PACKET, NOBODYS = 0x88B5, 263, 9999
EVERYBODY = b"\xff" * 6
FRAME = EVERYBODY + bytes(6) + struct.pack("!H", EXPERIMENTAL) + b"data"


def bound(kind: int = SOCK_RAW, protocol: int = EXPERIMENTAL) -> socket:
    end = socket(AF_PACKET, kind, 0)
    end.bind(("lo", protocol))
    return end


def send(*frames: bytes) -> None:
    with bound(protocol=0) as sender:
        for each in frames:
            outcome(sender.send, each)


def place(index: int) -> object:
    return ctypes.create_string_buffer(struct.pack("HHiHBB8s", AF_PACKET, htons(EXPERIMENTAL), index, 0, 0, 0, b""), 20)


@provokes("packets_type_reversed", "packets_outgoing_untold", "packets_stamp_epoch")
def what_is_seen() -> object:
    with bound(SOCK_DGRAM) as cooked, bound() as raw, bound(protocol=3) as every:
        send(FRAME)
        kinds = [end.recvfrom(99)[1][2] for end in (raw, every)]
        stamp = struct.unpack("ll", fcntl.ioctl(raw, 0x8906, bytes(16)))[0] > 0
        return len(cooked.recv(99)), kinds, stamp


@provokes("packets_bind_as_einval")
def where_it_is_bound() -> object:
    with socket(AF_PACKET, SOCK_RAW, 0) as deaf, bound() as here, socket(AF_PACKET, SOCK_RAW, 0) as lost:
        send(FRAME)
        refused = LIBC.bind(lost.fileno(), place(NOBODYS), 20), ctypes.get_errno()
        return poll_bits(deaf, select.POLLIN), here.getsockname()[0], refused


@provokes("packets_membership_ignored", "packets_membership_unchecked", "packets_auxdata_ignored",
          "packets_option_ignored")  # fmt: skip
def options() -> object:
    with bound() as end:
        joining = [struct.pack("iHH8s", index, kind, 6, EVERYBODY) for index, kind in ((NOBODYS, 0), (1, 77))]
        told = [outcome(end.setsockopt, SOL_PACKET, 1, one) for one in joining]
        for option in (8, 17):
            end.setsockopt(SOL_PACKET, option, 1)
        return told, [end.getsockopt(SOL_PACKET, option) for option in (8, 17)]


@provokes("packets_turns_ignored", "packets_flows_ignored")
def groups() -> object:
    with ExitStack() as stack:
        ends = [stack.enter_context(bound()) for _ in range(4)]
        for at, end in enumerate(ends):
            end.setsockopt(SOL_PACKET, 18, 77 + at // 2 | (1 - at // 2) << 16)
        send(FRAME)
        return [end.getsockopt(SOL_PACKET, 18) for end in ends]


@provokes("packets_ring_ignored")
def counts() -> object:
    with bound() as end:
        send(FRAME)
        told = [struct.unpack("II", end.getsockopt(SOL_PACKET, 6, 8))[0] > 0 for _ in range(2)]
        return told, outcome(end.setsockopt, SOL_PACKET, 5, struct.pack("IIII", 1, 1, 1, 1))


@provokes("packets_ring_unsent", "packets_loss_ignored", "packets_reserve_ignored",
          "packets_version_second")  # fmt: skip
def ring_to_send_by() -> object:
    with bound() as end:
        version = end.getsockopt(SOL_PACKET, 10)
        for option in (10, 12, 14):
            end.setsockopt(SOL_PACKET, option, 1)
        kept = [end.getsockopt(SOL_PACKET, option) for option in (12, 14)]
        end.setsockopt(SOL_PACKET, 13, struct.pack("IIII", 4096, 1, 2048, 2))
        with mmap.mmap(end.fileno(), 4096, mmap.MAP_SHARED) as memory:
            struct.pack_into("II", memory, 0, 1, 60)
            end.send(b"")
            until(lambda: struct.unpack_from("I", memory)[0] == 0)
            return version, kept, struct.unpack_from("I", memory)[0]


@provokes("packets_large_taken", "packets_nowhere_taken")
def refusals() -> object:
    with bound() as end, socket(AF_PACKET, SOCK_RAW, 0) as nowhere:
        return outcome(end.send, FRAME + bytes(70_000)), outcome(nowhere.send, FRAME)
