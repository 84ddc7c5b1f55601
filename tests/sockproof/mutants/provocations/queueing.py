"""Errors of UNIX sockets: queues without a place, peers that go, urgent bytes that are none."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
from socket import *
from socket import socket, socketpair

from .common import *


@provokes("unix_family_as_unsupported")
def connected_to_another_family() -> object:
    with socket(AF_UNIX, SOCK_STREAM) as end:
        return interrupted(lambda: LIBC.connect(end.fileno(), AF_INET.to_bytes(2, "little") + bytes(14), 16))


@provokes("unix_full_as_enobufs", "unix_urgent_of_nothing")
def urgent_bytes() -> object:
    left, right = socketpair()
    with left, right:
        nothing = outcome(left.send, b"", MSG_OOB)
        left.setblocking(False)
        with contextlib.suppress(OSError):
            while True:
                left.send(bytes(1000))
        return nothing, interrupted(lambda: LIBC.send(left.fileno(), b"U", 1, MSG_OOB | MSG_DONTWAIT))


@provokes("unix_wait_as_full")
def place_that_does_not_come() -> object:
    with socket(AF_UNIX, SOCK_DGRAM) as receiver, socket(AF_UNIX, SOCK_DGRAM) as sender:
        receiver.bind("")
        sender.connect(receiver.getsockname())
        sender.setblocking(False)
        with contextlib.suppress(OSError):
            while True:
                sender.send(b"x")
        sender.setblocking(True)
        return interrupted(lambda: LIBC.send(sender.fileno(), b"x", 1, 0))
