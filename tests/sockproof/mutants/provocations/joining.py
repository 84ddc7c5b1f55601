"""Groups of packet sockets, and long or doubled lists of those who wait."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import os
import resource
import select
import struct
from socket import *
from socket import socket

from .common import *

FANOUT, PROTOCOL, SOL_PACKET = 18, 0x88B5, 263


@provokes("packets_group_ignored", "packets_group_unchecked")
def groups() -> object:
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(socket(AF_PACKET, SOCK_RAW, 0)) for _ in range(3))
        for end in (first, second, third):
            end.bind(("lo", PROTOCOL))
        for end in (first, second):
            end.setsockopt(SOL_PACKET, FANOUT, 5 | 3 << 16)
        other = outcome(third.setsockopt, SOL_PACKET, FANOUT, 5 | 1 << 16)
        third.send(bytes(12) + struct.pack("!H", PROTOCOL) + b"x")
        wait_readable(first)
        return other, poll_bits(second, select.POLLIN, 50)


@provokes("packet_bind_zero_first")
def every_interface() -> object:
    with socket(AF_PACKET, SOCK_RAW, 0) as end:
        address = struct.pack("HHiHBB8s", AF_PACKET, htons(PROTOCOL), 0, 0, 0, 0, b"")
        LIBC.bind(end.fileno(), address, len(address))
        return end.getsockname()[0]


@provokes("large_poll_unchecked")
def more_than_may_be_open() -> object:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, most[1]))
    entries = struct.pack("ihh", -1, 1, 0) * 65
    result = LIBC.poll(entries, 65, 0)
    resource.setrlimit(resource.RLIMIT_NOFILE, most)
    return result


@provokes("epoll_duplicate_refused")
def duplicate_beside_its_descriptor() -> object:
    with socket() as end, contextlib.closing(select.epoll()) as waiter:
        other = os.dup(end.fileno())
        waiter.register(end.fileno(), 1)
        answer = outcome(waiter.register, other, 1)
        os.close(other)
        return answer
