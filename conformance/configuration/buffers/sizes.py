"""Connections whose buffers have a size of their own, or none, and what goes through them."""

from __future__ import annotations

import socket
from socket import MSG_DONTWAIT, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET

from conformance.stream.sending.buffers import MESSAGE
from fixtures.evidence.waiting import Deadline
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

PIECE = MESSAGE[: 1 << 18]
ROOM_TO_GROW = "4096 131072 16777216"
"""For tcp_rmem and tcp_wmem."""


def connection(peers: Peers, family: Family, *, rcvbuf: int | None = None, sndbuf: int | None = None) -> Pair:
    """A connected pair whose client has asked for these sizes before connect(2)."""
    listener = peers.listener(family)
    client = peers.socket("client", family.domain, socket.SOCK_STREAM)
    for option, size in ((SO_RCVBUF, rcvbuf), (SO_SNDBUF, sndbuf)):
        if size is not None:
            client.setsockopt(SOL_SOCKET, option, size)
    client.connect(listener.getsockname())
    return Pair(client, peers.accepting(listener))


def carry(sender: socket.socket, reader: socket.socket, size: int) -> None:
    """`size` bytes from one to the other, each read as soon as it is there. Raises AssertionError when they stop."""
    deadline, arrived = Deadline(10), 0
    while arrived < size:
        assert not deadline.passed, f"{arrived} of {size} bytes came"
        _offer(sender)
        arrived += _taken(reader)


def _offer(sender: socket.socket) -> None:
    try:
        socket.socket.send(sender, PIECE, MSG_DONTWAIT)  # not recorded: there are many
    except BlockingIOError:
        return


def _taken(reader: socket.socket) -> int:
    total = 0
    while True:
        try:
            total += len(socket.socket.recv(reader, len(PIECE), MSG_DONTWAIT))
        except BlockingIOError:
            return total
