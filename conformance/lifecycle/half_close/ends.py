"""What these scenarios do to ends besides the calls under test: look at their readiness, duplicate them, fill them."""

from __future__ import annotations

import os
import select
from fcntl import ioctl
from socket import IPPROTO_TCP, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, TCP_NOTSENT_LOWAT
from struct import unpack
from termios import FIONREAD

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import EVERY_EVENT, poll_names, readiness
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers


def polled(end: RecordedSocket) -> str:
    """All bits that poll(2) tells now: ``POLLIN|POLLRDHUP``, or ``none``."""
    return poll_names(readiness(end))


def epolled(end: RecordedSocket) -> str:
    """All bits that epoll_wait(2) tells now, by the names of poll(2), whose values they share."""
    with select.epoll() as epoll:
        epoll.register(end.fileno(), EVERY_EVENT)
        return poll_names(dict(epoll.poll(0)).get(end.fileno(), 0))


def selected(end: RecordedSocket) -> str:
    """The sets of select(2) in which the end is now: ``read write``, or ``none``."""
    found = select.select([end], [end], [end], 0)
    return " ".join(name for name, ends in zip(("read", "write", "except"), found, strict=True) if ends) or "none"


def duplicate(peers: Peers, end: RecordedSocket) -> RecordedSocket:
    """Another descriptor of the same socket (dup(2)), on a lane of its own."""
    copy = os.dup(end.fileno())
    made = RecordedSocket(end.family, end.type, end.proto, copy, recorder=peers.recorder, lane="duplicate")
    return peers.adopt(made)


def waiting_bytes(end: RecordedSocket) -> int:
    """Bytes that the next recv() could give (FIONREAD, tcp(7))."""
    return unpack("i", ioctl(end.fileno(), FIONREAD, bytes(4)))[0]


def read_to_end(end: RecordedSocket) -> bytes:
    """Everything up to the end of file."""
    return b"".join(iter(lambda: end.recv(1 << 16), b""))


def narrow_pair(peers: Peers, family: Family) -> tuple[Pair, bytes]:
    """A pair whose server holds little, and data for it that cannot arrive whole unless it reads.

    The data is four times what SO_RCVBUF lets the server hold, and fits into the client's send buffer, which is the
    only bound of the client, whatever net.ipv4.tcp_notsent_lowat says.
    """
    pair = peers.pair(family, rcvbuf=4096)
    pair.client.setsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, (1 << 31) - 1)
    pair.client.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 16)
    return pair, os.urandom(4 * pair.server.getsockopt(SOL_SOCKET, SO_RCVBUF))
