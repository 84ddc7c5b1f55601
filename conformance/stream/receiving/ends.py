"""Ends of datagram sockets, and sockets that belong to no connection."""

from __future__ import annotations

from socket import SOCK_STREAM

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
