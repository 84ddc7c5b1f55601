"""What a socket of messages answers in each of its states."""

from __future__ import annotations

from select import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP
from typing import Any, NamedTuple

IN, OUT, ERR, HUP, RDHUP = POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP


def _thrice(error: str) -> list[Any]:
    return [error] * 3


class Answers(NamedTuple):
    """Of one state."""

    events: int = OUT
    """poll(2) where all are asked for: datagram_poll(), unix_dgram_poll() and unix_poll() of the kernel."""
    peer: str = "a name"
    """getpeername(2)."""
    queued: int | str = 0
    """ioctl(2) with FIONREAD."""
    received: list[Any] = _thrice("EAGAIN")
    """Three receives of eight bytes, one after the other."""
    sent: list[Any] = [1, 1]  # noqa: RUF012  # nobody changes it
    """Two sends of one byte, one after the other."""


_QUIET = Answers()
_READABLE = Answers(IN | OUT, queued=3, received=[b"abc", b"de", "EAGAIN"])
_EMPTY = Answers(IN | OUT, received=[b"", "EAGAIN", "EAGAIN"])
_HALF_CLOSED = Answers(sent=["EPIPE"] * 2)
_BOTH = _READABLE._replace(sent=["EPIPE"] * 2)
_DEAF = Answers(IN | OUT | RDHUP)
_SHUT = Answers(IN | OUT | HUP | RDHUP, sent=["EPIPE"] * 2)
_FULL = Answers(0, sent=["EAGAIN"] * 2)

_ALONE = Answers(peer="ENOTCONN", sent=["EDESTADDRREQ"] * 2)
_LONELY = Answers(peer="ENOTCONN", sent=["ENOTCONN"] * 2)
_OF_DATAGRAMS = {
    "connected": _QUIET, "readable": _READABLE, "empty": _EMPTY, "half_closed": _HALF_CLOSED,
    "readable_and_half_closed": _BOTH, "deaf": _DEAF, "shut": _SHUT,
}  # fmt: skip
UDP = _OF_DATAGRAMS | {
    "new": _ALONE, "bound": _ALONE, "dissolved": _ALONE,
    "refused": Answers(OUT | ERR, received=["ECONNREFUSED", "EAGAIN", "EAGAIN"], sent=["ECONNREFUSED", 1]),
    "refused_and_told": _QUIET,
}  # fmt: skip
LOCAL = _OF_DATAGRAMS | {
    "new": _LONELY, "bound": _LONELY, "dissolved": _LONELY, "finished": _QUIET, "unheard": _HALF_CLOSED,
    "left": Answers(sent=["ECONNREFUSED", "ENOTCONN"]), "full": _FULL,
}  # fmt: skip

_ENDED = [b""] * 3
_UNUSED = Answers(OUT | HUP, "ENOTCONN", received=_thrice("ENOTCONN"), sent=["ENOTCONN"] * 2)
RECORDS = {
    "new": _UNUSED, "bound": _UNUSED,
    "listening": _UNUSED._replace(events=0, queued="EINVAL"), "asked": _UNUSED._replace(events=IN, queued="EINVAL"),
    "connected": _QUIET, "readable": _READABLE._replace(queued=5), "empty": _EMPTY,
    "readable_and_half_closed": _BOTH._replace(queued=5),
    "finished": _DEAF._replace(received=_ENDED), "half_closed": _HALF_CLOSED, "deaf": _DEAF._replace(received=_ENDED),
    "unheard": _HALF_CLOSED, "shut": _SHUT._replace(received=_ENDED), "left": _SHUT._replace(received=_ENDED),
    "full": _FULL,
}  # fmt: skip

CONNECTED_AGAIN = {
    **dict.fromkeys(RECORDS, "EISCONN"), "new": None, "bound": None, "listening": "EINVAL", "asked": "EINVAL",
}  # fmt: skip
"""connect(2) of records to another listener."""
BY_KIND = {"udp": UDP, "local": LOCAL, "records": RECORDS}


def column(kind: str, member: str) -> dict[str, Any]:
    """One answer of each state."""
    return {state: getattr(answers, member) for state, answers in BY_KIND[kind].items()}
