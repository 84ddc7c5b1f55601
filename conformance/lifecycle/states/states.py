"""Stream sockets in each of the states that a program can bring them to: one builder each, which gives the socket."""

from __future__ import annotations

from collections.abc import Callable
from errno import EINPROGRESS
from select import POLLIN, POLLPRI, POLLRDHUP
from socket import (
    MSG_OOB,
    SHUT_RD,
    SHUT_RDWR,
    SHUT_WR,
    SO_ERROR,
    SO_LINGER,
    SOCK_STREAM,
    SOL_SOCKET,
)

from conformance.configuration.values.tables import answer
from conformance.stream.receiving.ends import end_has_come
from conformance.stream.sending.buffers import MESSAGE, fill, small_pair, unsent
from fixtures.evidence.expect import fails, linger
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import Family
from fixtures.stage.peers import Pair, Peers

Builder = Callable[[Peers, Family], RecordedSocket]


def new(peers: Peers, family: Family) -> RecordedSocket:
    """Nothing was done to it."""
    return peers.socket("end", family.domain, SOCK_STREAM)


def bound(peers: Peers, family: Family) -> RecordedSocket:
    """It has a name."""
    return peers.listener(family, backlog=None, lane="end")


def listening(peers: Peers, family: Family) -> RecordedSocket:
    """It listens, and nobody has come."""
    return peers.listener(family, lane="end")


def asked(peers: Peers, family: Family) -> RecordedSocket:
    """It listens, and a connection waits to be accepted."""
    end = peers.listener(family, lane="end")
    peers.connecting(family, end.getsockname())
    ready(end, POLLIN)
    return end


def refused(peers: Peers, family: Family) -> RecordedSocket:
    """Its connection was refused, and nobody has asked for that yet."""
    listener, end = peers.listener(family), new(peers, family)
    gone = listener.getsockname()
    listener.close()
    end.setblocking(False)
    with fails(EINPROGRESS):
        end.connect(gone)
    ready(end, POLLRDHUP)
    return end


def refused_and_told(peers: Peers, family: Family) -> RecordedSocket:
    """Its connection was refused, and SO_ERROR was read."""
    end = refused(peers, family)
    end.getsockopt(SOL_SOCKET, SO_ERROR)
    return end


def connected(peers: Peers, family: Family) -> RecordedSocket:
    """Connected, and nothing was sent."""
    return peers.pair(family).server


def readable(peers: Peers, family: Family) -> RecordedSocket:
    """Three bytes have come."""
    return _with_data(peers, family).server


def _with_data(peers: Peers, family: Family) -> Pair:
    pair = peers.pair(family)
    pair.client.send(b"abc")
    ready(pair.server, POLLIN)
    return pair


def urgent(peers: Peers, family: Family) -> RecordedSocket:
    """A byte of urgent data has come."""
    client, end = peers.pair(family)
    client.send(b"!", MSG_OOB)
    ready(end, POLLPRI | POLLIN)  # without urgent data it is a byte like others, and the tables tell
    return end


def finished(peers: Peers, family: Family) -> RecordedSocket:
    """The peer has finished sending."""
    return _finished(peers.pair(family))


def _finished(pair: Pair) -> RecordedSocket:
    pair.client.shutdown(SHUT_WR)
    end_has_come(pair.server)
    return pair.server


def readable_and_finished(peers: Peers, family: Family) -> RecordedSocket:
    """Three bytes have come, and the peer has finished sending."""
    return _finished(_with_data(peers, family))


def half_closed(peers: Peers, family: Family) -> RecordedSocket:
    """It has finished sending, and the peer has not."""
    client, end = peers.pair(family)
    end.shutdown(SHUT_WR)
    end_has_come(client)
    return end


def deaf(peers: Peers, family: Family) -> RecordedSocket:
    """Its reading side is shut."""
    end = connected(peers, family)
    end.shutdown(SHUT_RD)
    return end


def shut(peers: Peers, family: Family) -> RecordedSocket:
    """Both its sides are shut, and the peer has done nothing."""
    client, end = peers.pair(family)
    end.shutdown(SHUT_RDWR)
    end_has_come(client)
    return end


def closed(peers: Peers, family: Family) -> RecordedSocket:
    """Both have finished sending, the peer first."""
    pair = peers.pair(family)
    _finished(pair).shutdown(SHUT_WR)
    if family.ip:
        until(lambda: tcp_info(pair.server).state_name == "CLOSE", what="state CLOSE")
    return pair.server


def reset(peers: Peers, family: Family) -> RecordedSocket:
    """The peer has reset the connection, and nobody has asked for that yet."""
    client, end = peers.pair(family)
    end.send(b"never read")
    ready(client, POLLIN)
    client.setsockopt(SOL_SOCKET, SO_LINGER, linger(on=True, seconds=0))
    client.close()
    ready(end, POLLRDHUP)
    return end


def reset_and_told(peers: Peers, family: Family) -> RecordedSocket:
    """The peer has reset the connection, and SO_ERROR was read."""
    end = reset(peers, family)
    end.getsockopt(SOL_SOCKET, SO_ERROR)
    return end


def full(peers: Peers, family: Family) -> RecordedSocket:
    """Connected, and it has no room for more to send."""
    pair = small_pair(peers, family)
    fill(pair, MESSAGE)
    return pair.client


STATES: dict[str, Builder] = {each.__name__: each for each in (
    new, bound, listening, asked, refused, refused_and_told, connected, readable, urgent, finished,
    readable_and_finished, half_closed, deaf, shut, closed, reset, reset_and_told, full,
)}  # fmt: skip
NOT_OF_UNIX = ("refused", "refused_and_told", "urgent")
"""A UNIX socket is refused at once, and its urgent data is newer than these tables."""


def in_each_state(peers: Peers, family: Family) -> dict[str, RecordedSocket]:
    """A socket in each of the states that the family has, by name; none of them waits in a call."""
    absent = _absent(peers, family) if family.ip else NOT_OF_UNIX
    ends = {name: build(peers, family) for name, build in STATES.items() if name not in absent}
    for end in ends.values():
        end.setblocking(False)
    return ends


def _absent(peers: Peers, family: Family) -> tuple[str, ...]:
    """That a buffer is full for good only a kernel with SIOCOUTQNSD tells."""
    told = answer(unsent, peers.pair(family).client)
    return () if isinstance(told, int) else ("full",)
