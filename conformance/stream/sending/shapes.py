"""Messages in every shape that sendmsg(2) and sendto(2) take, between sockets of each kind."""

from __future__ import annotations

from collections.abc import Callable
from select import POLLIN
from socket import (
    IPPROTO_IP,
    MSG_CONFIRM,
    MSG_DONTWAIT,
    MSG_EOR,
    MSG_NOSIGNAL,
    SOCK_DGRAM,
)

from conformance.lifecycle.states.messages import Kind
from fixtures.evidence.waiting import ready
from fixtures.stage.peers import Pair

DATA = b"abcdef"
FLAGS = {
    "0": 0,
    "MSG_NOSIGNAL": MSG_NOSIGNAL,
    "MSG_DONTWAIT": MSG_DONTWAIT,
    "MSG_EOR": MSG_EOR,
    "MSG_CONFIRM": MSG_CONFIRM,
}
VECTORS = {"one": [DATA], "two": [DATA[:2], DATA[2:]], "empty first": [b"", DATA], "empty last": [DATA, b""]}
FOREIGN = (IPPROTO_IP, 1, bytes(4))
"""A control message of a level that is nothing to UNIX sockets."""


def came(ends: Pair, send: Callable[[], int]) -> tuple[int, bytes]:
    """What a send gives, and what has come of it."""
    count = send()
    ready(ends.server, POLLIN)
    return count, ends.server.recv(64)


def by_flag(ends: Pair, kind: Kind) -> dict[str, tuple[int, bytes]]:
    """With each flag, by send() and sendmsg(), and by sendto() of datagrams."""
    client, seen = ends.client, {}
    for name, flags in FLAGS.items():
        seen[f"send {name}"] = came(ends, lambda flags=flags: client.send(DATA, flags))
        seen[f"sendmsg {name}"] = came(ends, lambda flags=flags: client.sendmsg([DATA], [], flags))
        if kind.type == SOCK_DGRAM:
            to = ends.server.getsockname()
            seen[f"sendto {name}"] = came(ends, lambda flags=flags, to=to: client.sendto(DATA, flags, to))
    return seen


def by_vectors(ends: Pair, control: list[tuple[int, int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """In each number of buffers, with these control messages."""
    client = ends.client
    return {
        name: came(ends, lambda buffers=buffers: client.sendmsg(buffers, control)) for name, buffers in VECTORS.items()
    }
