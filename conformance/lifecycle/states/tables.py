"""What a stream socket answers in each of its states: events, names, and what calls that may not wait give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP
from typing import Any

from fixtures.stage.families import Family

IN, PRI, OUT, ERR, HUP, RDHUP = POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLRDHUP
_ENDED = IN | OUT | HUP | RDHUP

EVENTS = {
    "new": OUT | HUP, "bound": OUT | HUP, "listening": 0, "asked": IN,
    "refused": _ENDED | ERR, "refused_and_told": _ENDED,
    "connected": OUT, "readable": IN | OUT, "urgent": PRI | OUT, "finished": IN | OUT | RDHUP,
    "readable_and_finished": IN | OUT | RDHUP, "half_closed": OUT, "deaf": IN | OUT | RDHUP,
    "shut": _ENDED, "closed": _ENDED, "reset": _ENDED | ERR, "reset_and_told": _ENDED, "full": 0,
}  # fmt: skip
"""Bits of poll(2) where all are asked for: tcp_poll() and unix_poll() of the kernel."""


def _all(usual: Any, **others: Any) -> dict[str, Any]:
    return {state: others.get(state, usual) for state in EVENTS}


def of(table: Mapping[str, Mapping[str, Any]], family: Family, states: Iterable[str]) -> dict[str, Any]:
    """The answers of these states, of TCP or of UNIX sockets."""
    return among(table["ip" if family.ip else "unix"], states)


def among(table: Mapping[str, Any], states: Iterable[str]) -> dict[str, Any]:
    """The answers of these states."""
    return {state: table[state] for state in states}


_NO_PEER = dict.fromkeys(("new", "bound", "listening", "asked", "refused", "refused_and_told"), "ENOTCONN")
_PEER_GONE = dict.fromkeys(("closed", "reset", "reset_and_told"), "ENOTCONN")
_LISTENS = {"listening": "EINVAL", "asked": "EINVAL"}
_THREE = {"readable": 3, "readable_and_finished": 3}

HAS_PEER = {
    "ip": _all("a name", **_NO_PEER, **_PEER_GONE),
    "unix": _all("a name", **_NO_PEER),
}
"""getpeername(2). The end of a TCP connection is the end of it; a UNIX socket keeps the name of its peer."""
QUEUED = {"ip": _all(0, **_LISTENS, **_THREE), "unix": _all(0, **_LISTENS, **_THREE)}
"""ioctl(2) with FIONREAD."""

_ENDS = ("finished", "deaf", "shut", "closed", "refused_and_told", "reset_and_told")
_UNUSED = dict.fromkeys(("new", "bound", "listening", "asked"), "ENOTCONN")
_AT_THE_END = {state: [b"", b"", b""] for state in _ENDS}


def _thrice(answers: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {state: [each] * 3 for state, each in answers.items()}


_RECEIVED = _AT_THE_END | {
    "readable": [b"abc", "EAGAIN", "EAGAIN"], "readable_and_finished": [b"abc", b"", b""],
    "refused": ["ECONNREFUSED", b"", b""], "reset": ["ECONNRESET", b"", b""],
}  # fmt: skip
_WAITING = ["EAGAIN"] * 3
RECEIVED = {
    "ip": _all(_WAITING, **_RECEIVED, **_thrice(_UNUSED)),
    "unix": _all(_WAITING, **_RECEIVED, **_thrice(dict.fromkeys(_UNUSED, "EINVAL"))),
}
"""Three receives of eight bytes, one after the other."""

_NOT_SENT = dict.fromkeys(("half_closed", "shut", "closed", "refused_and_told", "reset_and_told"), "EPIPE")
_ROOM = dict.fromkeys(("full",), "EAGAIN")
_ERROR_FIRST = {"refused": ["ECONNREFUSED", "EPIPE"], "reset": ["ECONNRESET", "EPIPE"]}


def _twice(answers: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {state: [each] * 2 for state, each in answers.items()}


SENT = {
    "ip": _all([1, 1], **_ERROR_FIRST, **_twice(_NOT_SENT | _ROOM | dict.fromkeys(_UNUSED, "EPIPE"))),
    "unix": _all([1, 1], **_twice(_NOT_SENT | _ROOM | _UNUSED | {"reset": "EPIPE"})),
}
"""Two sends of one byte, one after the other."""

SHUT_DOWN = {"ip": _all(None, **_NO_PEER | _PEER_GONE | dict.fromkeys(_LISTENS)), "unix": _all(None)}
"""shutdown(2). A listener of TCP takes it too."""

PENDING = _all([0, 0], refused=["ECONNREFUSED", 0], reset=["ECONNRESET", 0])
"""SO_ERROR, read twice."""
ACCEPTED = _all("EINVAL", listening="EAGAIN", asked="a connection")
"""accept(2) that may not wait."""
_UNCONNECTED = dict.fromkeys(("bound", "listening", "asked"))
LISTENED = {"ip": _all("EINVAL", new=None, **_UNCONNECTED), "unix": _all("EINVAL", **_UNCONNECTED)}
"""listen(2). A UNIX socket needs a name for it."""
_FIRST = {"new": None, "bound": None, "refused": "ECONNREFUSED", "refused_and_told": "ECONNABORTED"}
CONNECTED = {
    "ip": _all("EISCONN", **_FIRST),
    "unix": _all("EISCONN", **_FIRST, **_LISTENS),
}
"""connect(2) to a listener."""

TCP_STATES = {
    **dict.fromkeys(("new", "bound", "refused", "refused_and_told", "closed", "reset", "reset_and_told"), "CLOSE"),
    **dict.fromkeys(("listening", "asked"), "LISTEN"),
    **dict.fromkeys(("connected", "readable", "urgent", "deaf", "full"), "ESTABLISHED"),
    **dict.fromkeys(("finished", "readable_and_finished"), "CLOSE_WAIT"),
}
"""tcpi_state of TCP_INFO, where it depends on no acknowledgement that may still be under way."""
