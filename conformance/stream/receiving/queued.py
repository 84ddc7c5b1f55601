"""Waiting until bytes are with the reader, and a reader that hears nothing for a while."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import addressof, create_string_buffer
from fcntl import ioctl
from socket import SO_LINGER, SOL_SOCKET

from conformance.stream.sending.buffers import SO_MEMINFO, lift_limit_of_unsent, unread
from fixtures.evidence.expect import linger
from fixtures.evidence.waiting import until
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

ROOMY = 65536
"""Bytes of SO_RCVBUF and SO_SNDBUF that hold everything these scenarios send, whatever tcp_rmem and tcp_wmem say."""
SIOCATMARK = 0x8905
"""asm-generic/sockios.h."""
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
"""asm-generic/socket.h."""
DROP_EVERYTHING = struct.pack("=HBBI", 0x06, 0, 0, 0)
"""A classic BPF program of one instruction: keep 0 bytes (linux/filter.h)."""


def roomy_pair(peers: Peers, family: Family) -> Pair:
    """A connected pair with buffers of the same size under every setting."""
    client, server = peers.pair(family, rcvbuf=ROOMY)
    client.setsockopt(SOL_SOCKET, socket.SO_SNDBUF, ROOMY)
    lift_limit_of_unsent(client)
    return Pair(client, server)


def arrived(end: socket.socket, count: int) -> None:
    """Returns when `count` bytes wait to be read. Raises Deviation when they do not come."""
    until(lambda: unread(end) >= count, what=f"{count} bytes in the receive queue")


def at_mark(end: socket.socket) -> bool:
    """Whether the next byte to read is the urgent one (SIOCATMARK, tcp(7))."""
    return bool(struct.unpack("i", ioctl(end, SIOCATMARK, bytes(4)))[0])


@contextmanager
def deaf(end: socket.socket) -> Iterator[None]:
    """While the block runs `end` hears nothing, and so acknowledges nothing (socket(7), SO_ATTACH_FILTER)."""
    program = create_string_buffer(DROP_EVERYTHING, len(DROP_EVERYTHING))
    socket.socket.setsockopt(end, SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxQ", 1, addressof(program)))
    try:
        yield
    finally:
        socket.socket.setsockopt(end, SOL_SOCKET, SO_DETACH_FILTER, 0)


def dropped(end: socket.socket) -> int:
    """How many segments or datagrams the kernel has thrown away at this socket (SO_MEMINFO)."""
    numbers = struct.unpack("=9I", socket.socket.getsockopt(end, SOL_SOCKET, SO_MEMINFO, 36))
    return numbers[8]


def abort(end: socket.socket) -> None:
    """Ends the connection with a reset, and whatever was not read is lost."""
    end.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    end.close()
