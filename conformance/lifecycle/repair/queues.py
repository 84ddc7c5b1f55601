"""What TCP_REPAIR tells of a connection, and how another socket takes it over."""

from __future__ import annotations

from socket import IPPROTO_TCP
from typing import NamedTuple

from fixtures.evidence.recorder import RecordedSocket

TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
RECEIVE, SEND = 1, 2
"""linux/tcp.h."""
SETTINGS = ("net.ipv4.tcp_timestamps", "net.ipv4.tcp_sack", "net.ipv4.tcp_window_scaling")
"""What a handshake would settle, and a repaired connection would have to be told."""


class Numbers(NamedTuple):
    """The next sequence numbers of both directions, as the kernel has them in memory."""

    received: bytes
    sent: bytes


def numbers(end: RecordedSocket) -> Numbers:
    """Of a socket in repair mode. Raises OSError."""
    told = []
    for queue in (RECEIVE, SEND):
        end.setsockopt(IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
        told.append(end.getsockopt(IPPROTO_TCP, TCP_QUEUE_SEQ, 4))
    return Numbers(*told)


def restore(end: RecordedSocket, known: Numbers) -> None:
    """Gives a socket in repair mode these numbers. Raises OSError."""
    for queue, number in zip((RECEIVE, SEND), known, strict=True):
        end.setsockopt(IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
        end.setsockopt(IPPROTO_TCP, TCP_QUEUE_SEQ, number)
