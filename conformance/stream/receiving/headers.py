"""What recvmsg(2) writes into its header, beside the data, for each kind of socket, flag and room."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from select import POLLIN
from socket import MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOCK_STREAM
from typing import NamedTuple

import pytest

from conformance.lifecycle.states.messages import KINDS, Kind, pair
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import ip4, ip6, unix
from fixtures.stage.peers import Pair, Peers

_libc = ctypes.CDLL(None, use_errno=True)
_libc.recvmsg.restype = ctypes.c_ssize_t
DATA = b"abcdef"
ROOM_FOR_NAME, ROOM_FOR_CONTROL = 128, 64
FLAGS = {"0": 0, "MSG_DONTWAIT": MSG_DONTWAIT, "MSG_PEEK": MSG_PEEK, "MSG_WAITALL": MSG_WAITALL, "MSG_TRUNC": MSG_TRUNC}
ROOMS = {"short": 2, "whole": len(DATA), "long": 9}
NAMES = {"udp-ip4": 16, "udp-ip6": 28}
"""Lengths of the sender's name: struct sockaddr_in and sockaddr_in6."""
FAMILY_ONLY, AUTOBOUND = 2, 6
"""Bytes of sun_family, and of the name that autobind of unix(7) gives."""

STREAMS = [Kind("stream", family, SOCK_STREAM) for family in (ip4, ip6, unix)]
over_kinds = pytest.mark.parametrize(
    "kind", [pytest.param(each, id=str(each), marks=pytest.mark.needs(*each.family.needs)) for each in STREAMS + KINDS]
)
"""Runs a scenario once for each kind of connected sockets."""
over_unix_kinds = pytest.mark.parametrize(
    "kind", [pytest.param(each, id=str(each)) for each in STREAMS + KINDS if not each.family.ip]
)
"""The same of those of UNIX."""


class Header(NamedTuple):
    """Of struct msghdr, what a receive sets."""

    namelen: int
    controllen: int
    flags: int


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int),
    )  # fmt: skip


def both(peers: Peers, kind: Kind) -> Pair:
    """Two ends that are connected."""
    return peers.pair(kind.family) if kind.type == SOCK_STREAM else pair(peers, kind)


def header(end: RecordedSocket, room: int, flags: int) -> Header:
    """The header that one recvmsg(2) leaves, of which every member was set to something else before."""
    data, name, control = (ctypes.create_string_buffer(size) for size in (16, ROOM_FOR_NAME, ROOM_FOR_CONTROL))
    vector = _Vector(ctypes.addressof(data), room)
    message = _Message(
        ctypes.addressof(name), ROOM_FOR_NAME, ctypes.addressof(vector), 1, ctypes.addressof(control),
        ROOM_FOR_CONTROL, 0x5A5A,
    )  # fmt: skip
    if _libc.recvmsg(end.fileno(), ctypes.byref(message), flags) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return Header(message.namelen, message.controllen, message.flags)


def of_each_call(ends: Pair, kind: Kind) -> dict[str, Header]:
    """The header for each flag and room, each time of data that was sent for it."""
    seen = {}
    for flag, room in ((flag, room) for flag in FLAGS for room in ROOMS):
        if FLAGS[flag] != MSG_WAITALL or room != "long" or kind.type != SOCK_STREAM:  # it would wait for more
            ends.client.send(DATA)
            ready(ends.server, POLLIN)
            seen[f"{flag} {room}"] = header(ends.server, ROOMS[room], FLAGS[flag])
            _emptied(ends.server)
    return seen


def _emptied(end: RecordedSocket) -> None:
    with suppress(BlockingIOError):
        while end.recv(16, MSG_DONTWAIT):
            pass


def expected(kind: Kind, call: str) -> Header:
    """MSG_TRUNC for a message that was cut, the length of the sender's name, and nothing else."""
    cut = call.endswith("short") and kind.type != SOCK_STREAM
    return Header(_name(kind), 0, MSG_TRUNC if cut else 0)


def _name(kind: Kind) -> int:
    """The length of the sender's name; 0 where none is told."""
    if str(kind) == "local-unix":
        return FAMILY_ONLY + (len(kind.family.address()) or AUTOBOUND)
    return NAMES.get(str(kind), 0)
