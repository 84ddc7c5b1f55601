"""SO_TIMESTAMPING: what is asked for, and what comes of it (Documentation/networking/timestamping.rst)."""

from __future__ import annotations

import struct
from errno import ENOMSG
from select import POLLERR, POLLIN
from socket import MSG_ERRQUEUE, SOL_SOCKET
from typing import NamedTuple

from conformance.configuration.values.settings import of_type
from conformance.datagram.udp.datagrams import EXTENDED_ERROR, RECEIVE_ERRORS
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Family

SO_TIMESTAMPING, OPT_STATS_MESSAGE = 37, 54
TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_ID, TX_SCHED = 1 << 1, 1 << 3, 1 << 4, 1 << 7, 1 << 8
TX_ACK, OPT_CMSG, OPT_TSONLY, OPT_STATS = 1 << 9, 1 << 10, 1 << 11, 1 << 12
"""asm-generic/socket.h, linux/net_tstamp.h."""
SENT, SCHEDULED, ACKNOWLEDGED = 0, 1, 2
"""SCM_TSTAMP_SND, SCM_TSTAMP_SCHED and SCM_TSTAMP_ACK (linux/errqueue.h)."""
SO_EE_ORIGIN_TIMESTAMPING = 4
ROOM = 1000
_TIMES = struct.Struct("6q")
"""struct scm_timestamping: three times of seconds and nanoseconds."""


class Stamp(NamedTuple):
    """A message of the error queue: its data and control messages, what it is about, its number, and its times."""

    data: bytes
    ancillary: list[tuple[int, int, bytes]]
    kind: int
    number: int
    times: list[float]


def times_of(ancillary: list[tuple[int, int, bytes]]) -> list[list[float]]:
    """The three times of each message of that kind, as seconds."""
    told = [_TIMES.unpack(value) for value in of_type(ancillary, SOL_SOCKET, SO_TIMESTAMPING)]
    return [[one[at] + one[at + 1] / 1e9 for at in (0, 2, 4)] for one in told]


def sent_stamp(end: RecordedSocket, family: Family) -> Stamp:
    """The next message that tells when something was sent; it is the errno and the origin of such a one."""
    ready(end, POLLERR)
    data, ancillary, _, _ = end.recvmsg(ROOM, ROOM, MSG_ERRQUEUE)
    (error,) = of_type(ancillary, *RECEIVE_ERRORS[family.name])
    number, origin, _, _, kind, identifier = EXTENDED_ERROR.unpack_from(error)
    assert (number, origin) == (ENOMSG, SO_EE_ORIGIN_TIMESTAMPING)
    return Stamp(data, ancillary, kind, identifier, *times_of(ancillary))


def received(end: RecordedSocket) -> list[list[float]]:
    """The times that come with the next datagram."""
    ready(end, POLLIN)
    return times_of(end.recvmsg(ROOM, ROOM)[1])
