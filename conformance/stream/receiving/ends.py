"""Ends of datagram sockets, and sockets that belong to no connection."""

from __future__ import annotations

from socket import AF_UNIX, SOCK_STREAM

from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import until
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


def end_has_come(end: RecordedSocket) -> None:
    """Return once the peer's FIN has arrived; over UNIX the end is there when close() or shutdown() returns.

    Not by POLLRDHUP, which is a claim of its own and younger than some sandboxes.
    """
    if end.family != AF_UNIX:
        until(lambda: tcp_info(end).state_name == "CLOSE_WAIT", what="state CLOSE_WAIT")
