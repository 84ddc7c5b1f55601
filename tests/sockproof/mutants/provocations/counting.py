"""What TCP_INFO counts: bytes, segments, repetitions, times."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import struct
from socket import *
from socket import socket

from .common import *

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
HEADER = 32
"""Bytes of a header of TCP with time stamps: a filter sees the segment."""
TIMEOUT, WINDOW, EXPECTED = 8, 80, 88
"""Of what it estimates: the time-out, the congestion window, the reordering."""
LONGEST = 390_000
"""Microseconds: a time-out over loopback is 200,000 and a little more."""
LAST_SENT, BYTES_ACKED, SEGMENTS_OUT, BUSY, LIMITED = 44, 120, 136, 168, 176
DATA_SEGMENTS_OUT = 156
REPEATED, NEEDLESS, REORDERING, PIECES = 208, 216, 220, 224


def told(end: socket, place: int) -> int:
    return int(struct.unpack_from("=I", end.getsockopt(IPPROTO_TCP, TCP_INFO, 232), place)[0])


def comes(end: socket, place: int) -> bool:
    until(lambda: told(end, place) > 0, limit=3)
    return told(end, place) > 0


def drop(end: socket, longest: int) -> object:
    """Nothing longer than a header reaches the socket that is no longer than `longest` bytes behind it."""
    program = [(0x80, 0, 0, 0), (0x25, 1, 0, longest + HEADER), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]
    rows = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *row) for row in program))
    end.setsockopt(SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(rows)))
    return rows


@provokes("state_counts_bytes_zero", "state_counts_segments_zero")
def sent_and_acknowledged() -> object:
    with tcp() as (client, server):
        client.send(b"data")
        server.recv(4)
        return comes(client, BYTES_ACKED), comes(client, SEGMENTS_OUT)


@provokes("state_counts_busy_zero", "state_counts_repeated_zero", "state_counts_last_zero")
def nothing_heard() -> object:
    with tcp() as (client, server):
        drop(server, 1000)
        client.send(b"data")
        return comes(client, REPEATED), comes(client, BUSY), comes(client, LAST_SENT)


@provokes("state_counts_limited_zero")
def window_closed() -> object:
    with tcp() as (client, _):
        fill(client)
        return comes(client, LIMITED)


@provokes("state_counts_needless_zero")
def acknowledgements_unheard() -> object:
    with tcp() as (client, _):
        drop(client, 1000)
        client.send(b"data")
        comes(client, REPEATED)
        client.setsockopt(SOL_SOCKET, SO_DETACH_FILTER, 0)
        return comes(client, NEEDLESS)


@provokes("state_counts_reordering_always")
def in_order() -> object:
    with tcp() as (client, _):
        return told(client, REORDERING)


@provokes("state_counts_pieces_zero")
def behind_a_hole() -> object:
    with tcp() as (client, server):
        client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        drop(server, 10)
        client.send(b"lost")
        client.send(b"x" * 100)
        return comes(server, PIECES)


@provokes("send_small_never_joined")
def gathered() -> object:
    with tcp() as (client, server):
        client.setsockopt(IPPROTO_TCP, TCP_CORK, 1)
        for _ in range(3):
            client.send(b"x")
        client.setsockopt(IPPROTO_TCP, TCP_CORK, 0)
        server.recv(3, MSG_WAITALL)
        return told(client, DATA_SEGMENTS_OUT)


@provokes("state_info_reordering_doubled", "state_info_timeout_doubled", "state_info_window_doubled")
def nothing_sent() -> object:
    with tcp() as (client, _):
        return told(client, EXPECTED), told(client, WINDOW), told(client, TIMEOUT) > LONGEST
