"""What is said to servers with an event loop, and what of it comes back."""

from __future__ import annotations

from select import POLLIN
from socket import MSG_DONTWAIT, SO_RCVBUF, SOCK_STREAM, SOL_SOCKET

from fixtures.evidence.kernel_view import Ends
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import readiness, until
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers
from fixtures.stage.programs import Program

LITTLE = "4096 16384 16384"
"""net.ipv4.tcp_wmem: a server has room for this much that its client has not read."""
MUCH = b"".join(b"%07d\n" % number for number in range(1 << 16))
"""Half a million bytes in which each place tells where it is: far more than fits."""
FEW = MUCH[:1000]


def slow_reader(peers: Peers, family: Family, server: Program) -> RecordedSocket:
    """A connected client with little room for what it has not read."""
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    client.connect(server.address(family))
    return client


def has_heard(server: Program, ends: Ends) -> None:
    """Returns when the server has read all that the client with these `ends` has sent, and sleeps again."""

    def is_read() -> bool:
        own, other = ends.seen(), ends.reversed.seen()
        return (own is None or own.send_queue == 0) and (other is None or other.receive_queue == 0)

    until(is_read, what="all of it to be read")
    server.sleeps("epoll_wait")


def all_there_is(client: RecordedSocket) -> bytes:
    """What has come and what its sender's kernel still holds; for a server that sleeps, and so sends no more."""
    ends, data = Ends.of(client).reversed, b""

    def is_empty() -> bool:
        nonlocal data
        while readiness(client, POLLIN):
            data += client.recv(1 << 16, MSG_DONTWAIT)
        other = ends.seen()
        return (other is None or other.send_queue == 0) and not readiness(client, POLLIN)

    until(is_empty, what="the last of it to come")
    return data
