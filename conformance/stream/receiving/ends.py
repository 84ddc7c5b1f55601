"""Ends of datagram sockets, and sockets that belong to no connection."""

from __future__ import annotations

from socket import MSG_PEEK, MSG_WAITALL, SOCK_STREAM

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers


def datagram_pair(peers: Peers, family: Family) -> tuple[RecordedSocket, RecordedSocket]:
    """A sender that is connected, and the receiver."""
    receiver = peers.datagram(family, lane="receiver")
    sender = peers.datagram(family, lane="sender")
    sender.connect(receiver.getsockname())
    return sender, receiver


def unconnected(peers: Peers, family: Family) -> RecordedSocket:
    """A stream socket that was never connected."""
    return peers.socket("client", family.domain, SOCK_STREAM)


def end_has_come(end: RecordedSocket, *, behind: int) -> None:
    """Return once the end of the stream stands behind the last `behind` bytes that nobody has read.

    A reader that wants one byte more than there will ever be, and all at once, gets the rest when the stream ends
    (recv(2), MSG_WAITALL). Over UNIX, where a peek waits for nothing, the end is there when close() returns.
    """
    seen = end.recv(behind + 1, MSG_PEEK | MSG_WAITALL)
    assert len(seen) == behind
