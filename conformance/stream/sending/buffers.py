"""Small socket buffers, filled until nothing more goes in, and what the kernel says is in them."""

from __future__ import annotations

import os
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from select import POLLIN, POLLOUT
from socket import IPPROTO_TCP, MSG_DONTWAIT, SO_SNDBUF, SOL_SOCKET, TCP_INFO, TCP_NOTSENT_LOWAT, TCP_QUICKACK

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import readiness, ready, until
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

SMALL = 8192
"""Bytes asked for as SO_SNDBUF and SO_RCVBUF of a small pair; below the maximum that any distribution sets."""
MESSAGE = random.Random(2).randbytes(1 << 20)
"""More than a small pair holds, and without a period: a lost, doubled or moved piece shows."""
NO_LIMIT = (1 << 31) - 1
"""A TCP_NOTSENT_LOWAT that never matters; 0 would mean what net.ipv4.tcp_notsent_lowat says."""
FIONREAD, SIOCOUTQ, SIOCOUTQNSD = 0x541B, 0x5411, 0x894B
"""asm-generic/ioctls.h and linux/sockios.h."""
SO_MEMINFO = 55
"""asm-generic/socket.h, since Linux 4.12: an array of the SK_MEMINFO_ numbers of linux/sock_diag.h."""
SEND_WINDOW = struct.Struct("=228xI")
"""tcpi_snd_wnd of struct tcp_info (linux/tcp.h, since Linux 5.4)."""
NOT_SENT = struct.Struct("=144xI")
"""tcpi_notsent_bytes of struct tcp_info (linux/tcp.h, since Linux 4.6)."""


def small_pair(peers: Peers, family: Family, *, size: int = SMALL) -> Pair:
    """A connected pair of which the client's send buffer and the server's receive buffer are small."""
    client, server = peers.pair(family, rcvbuf=size)
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, size)
    lift_limit_of_unsent(client)
    return Pair(client, server)


def lift_limit_of_unsent(end: socket.socket) -> None:
    """Leaves the send buffer as the only bound of a TCP socket, whatever net.ipv4.tcp_notsent_lowat is set to."""
    if end.family != socket.AF_UNIX:
        socket.socket.setsockopt(end, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NO_LIMIT)


def fill(pair: Pair, message: bytes, *, piece: int = len(MESSAGE)) -> int:
    """Sends `message` until not one byte more goes in, and nothing is under way that could make room.

    `piece` bytes are offered to each call. Returns how many were taken. Raises Deviation when that never ends.
    """
    client, server = pair
    taken, offered = 0, memoryview(message)  # of which pieces are no copies

    def full() -> bool:
        nonlocal taken
        at_rest, before = is_at_rest(client, server), taken
        while (count := _offered(client, offered[taken : taken + piece])) is not None:
            taken += count
        return at_rest and taken == before

    until(full, what="a send buffer that takes no more")
    return taken


@contextmanager
def file_of(content: bytes) -> Iterator[int]:
    """A descriptor of a file that holds `content`, in memory."""
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def _offered(end: RecordedSocket, data: memoryview) -> int | None:
    if not data:
        return None
    try:
        count = end.send(data, MSG_DONTWAIT)
    except BlockingIOError:
        return None
    assert 0 < count <= len(data), f"send({len(data)} bytes) gave {count}"
    return count


def is_at_rest(client: socket.socket, server: socket.socket) -> bool:
    """Whether nothing moves until the reader reads: nothing is in flight, and the window is closed.

    A UNIX socket is always at rest: send(2) itself hands the bytes over.
    """
    if client.family == socket.AF_UNIX:
        return True
    # An acknowledgement that the server delays would make room 40 ms later: this calls it in (tcp(7)).
    socket.socket.setsockopt(server, IPPROTO_TCP, TCP_QUICKACK, 1)
    return unacknowledged(client) == unsent(client) > 0 == send_window(client)


def send_window(end: socket.socket) -> int:
    """Bytes of the window that the peer announced last; 0 where the kernel does not tell."""
    return _info_field(end, SEND_WINDOW)


def notsent_bytes(end: socket.socket) -> int:
    """The field of TCP_INFO with that name."""
    return _info_field(end, NOT_SENT)


def _info_field(end: socket.socket, place: struct.Struct) -> int:
    info = socket.socket.getsockopt(end, IPPROTO_TCP, TCP_INFO, 256)
    value: int = place.unpack(info.ljust(place.size, b"\0")[: place.size])[0]
    return value


def unread(end: socket.socket) -> int:
    """Bytes that wait to be read (FIONREAD, tcp(7))."""
    return _asked(end, FIONREAD)


def unacknowledged(end: socket.socket) -> int:
    """Bytes sent to the socket that the peer's TCP has not acknowledged (SIOCOUTQ)."""
    return _asked(end, SIOCOUTQ)


def unsent(end: socket.socket) -> int:
    """Bytes sent to the socket that have not been put on the wire even once (SIOCOUTQNSD)."""
    return _asked(end, SIOCOUTQNSD)


def _asked(end: socket.socket, request: int) -> int:
    number: int = struct.unpack("i", ioctl(end, request, bytes(4)))[0]
    return number


def received(end: RecordedSocket, size: int) -> bytes:
    """The next `size` bytes, fewer when the stream ends before. Raises Deviation when they do not come."""
    return b"".join(arriving(end, size))


def arriving(end: RecordedSocket, size: int, *, most: int = 65536) -> Iterator[bytes]:
    """The next `size` bytes in the pieces in which recv(2) gives them, at most `most` bytes each."""
    while size > 0:
        ready(end, POLLIN)
        if not (piece := end.recv(min(size, most))):
            return
        size -= len(piece)
        yield piece


@dataclass(frozen=True)
class Memory:
    """The kernel's account of a socket's send buffer (SO_MEMINFO), and what poll(2) says at the same moment."""

    limit: int
    """Bytes that SO_SNDBUF allows, bookkeeping included."""
    queued: int
    """Of a TCP socket's limit, what is used (sk_wmem_queued)."""
    allocated: int
    """Of a UNIX socket's limit, what is used (sk_wmem_alloc)."""
    writable: bool


def memory(end: RecordedSocket) -> Memory:
    """A Memory whose fields belong together: the account is the same before and after the poll."""

    def look() -> Memory | None:
        before, bits, after = _account(end), readiness(end, POLLOUT), _account(end)
        return Memory(before[3], before[5], before[2], bool(bits & POLLOUT)) if before == after else None

    return until(look, what="an account of the send buffer that stays as it is")  # type: ignore[return-value]


def _account(end: RecordedSocket) -> tuple[int, ...]:
    return struct.unpack("=6I", socket.socket.getsockopt(end, SOL_SOCKET, SO_MEMINFO, 24))
