"""Options of which Python has no name, and what is asked of sockets without privilege."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from conformance.stream.sending.limits import give_up_capabilities
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.children import in_child

SO_DEBUG, SO_PEEK_OFF, SO_SELECT_ERR_QUEUE, SO_RCVMARK, SO_COOKIE, SO_TIMESTAMP = 1, 42, 45, 75, 57, 29
IP_TRANSPARENT, IPV6_TRANSPARENT, TCP_SYNCNT = 19, 75, 7
SIOCGSTAMP = 0x8906
"""asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h, asm-generic/sockios.h."""
TIMEVAL = struct.Struct("ll")


def unprivileged(call: Callable[[], Any]) -> Any:
    """What `call` gives in a child without capabilities; its error is raised here."""

    def work() -> Any:
        give_up_capabilities()
        return call()

    return in_child(work).value


def cases(**named: tuple[Any, ...]) -> list[Any]:
    """Parameters with these ids."""
    return [pytest.param(*values, id=name) for name, values in named.items()]


def there(level: str, **named: tuple[Any, ...]) -> list[Any]:
    """Parameters with these ids, of options that not every kernel has: the third value is the number."""
    return [
        pytest.param(*values, id=name, marks=pytest.mark.needs(f"option:{level}.{values[2]}"))
        for name, values in named.items()
    ]


def of_type(ancillary: Iterable[tuple[int, int, bytes]], level: int, kind: int) -> list[bytes]:
    """The contents of the control messages of that level and type."""
    return [content for at, of, content in ancillary if (at, of) == (level, kind)]


def seconds_of(value: bytes) -> float:
    """A struct timeval as seconds."""
    whole, micro = TIMEVAL.unpack(value)
    return float(whole + micro / 1_000_000)


def waiting(end: RecordedSocket, room: int = 0) -> tuple[bytes, list[tuple[int, int, bytes]]]:
    """A message that is there, and its control messages."""
    data, ancillary, _, _ = end.recvmsg(100, room)
    return data, ancillary
