"""Ports that the kernel chooses, interfaces to send by, and ping sockets."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from socket import *
from socket import socket

from .common import *
from .values import answer, four, kept, truth

SETTINGS = Path("/proc/sys/net/ipv4")
PORT_RANGE, NO_PORT, UNICAST_IF, BIND_TO_INDEX = 51, 24, 50, 62


@contextlib.contextmanager
def setting(name: str, value: str) -> Iterator[None]:
    """Others use the namespace too."""
    before = (SETTINGS / name).read_text()
    with contextlib.suppress(OSError):
        (SETTINGS / name).write_text(value)
    yield
    with contextlib.suppress(OSError):
        (SETTINGS / name).write_text(before.strip() + "\n")


def echo(kind: int) -> bytes:
    return struct.pack("!BBHHH", kind, 0, 0, 0, 7) + b"data"


def chosen(end: socket) -> object:
    end.bind(("127.0.0.1", 0))
    return end.getsockname()[1]


@provokes("ports_range_ignored", "ports_range_unchecked", "ports_range_widens")
def ranges() -> object:
    reversed_, outside = struct.pack("=HH", 9, 8), struct.pack("=HH", 40000, 40001)
    with setting("ip_local_port_range", "50000 50000"), four() as end:
        end.setsockopt(IPPROTO_IP, PORT_RANGE, outside)
        told = truth(end, IPPROTO_IP, PORT_RANGE)
        return told, answer(end.setsockopt, IPPROTO_IP, PORT_RANGE, reversed_), chosen(end)


@provokes("ports_reserved_given", "ports_reserved_refused", "ports_explicit_late")
def reserved() -> object:
    with (
        setting("ip_local_port_range", "50000 50001"), setting("ip_local_reserved_ports", "50000"),
        four() as first, four() as second, four() as third,
    ):  # fmt: skip
        seen = [answer(chosen, first), answer(second.bind, ("127.0.0.1", 50000))]
        third.setsockopt(IPPROTO_IP, NO_PORT, 1)
        third.bind(("127.0.0.1", 50009))
        return seen, third.getsockname()[1]


@provokes("devices_unicast_ignored", "devices_unicast_binds", "devices_unicast_kept", "devices_unicast_misreported",
          "devices_unicast_unchecked")  # fmt: skip
def interfaces() -> object:
    with four() as end:
        unknown = answer(end.setsockopt, IPPROTO_IP, UNICAST_IF, struct.pack("!I", 9999))
        end.setsockopt(IPPROTO_IP, UNICAST_IF, struct.pack("!I", 1))
        told = end.getsockopt(IPPROTO_IP, UNICAST_IF), truth(end, IPPROTO_IP, UNICAST_IF)
        bound = truth(end, SOL_SOCKET, BIND_TO_INDEX)
        return unknown, told, bound, kept(end, IPPROTO_IP, UNICAST_IF, struct.pack("!I", 0))


@provokes("ping_create_anybody")
def ping_of_nobody() -> object:
    LIBC.unshare(0x40000000)  # a network namespace in which nobody has changed the range
    return answer(lambda: socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP).type)


@provokes("ping_create_nobody", "ping_create_exclusive", "ping_identifier_changed", "ping_answer_is_request",
          "ping_answer_with_header", "ping_kinds_unchecked", "ping_connect_ignored")  # fmt: skip
def ping() -> object:
    with setting("ping_group_range", f"{os.getegid()} {os.getegid()}"):
        made = answer(lambda: socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP).type)
        return made if "EPERM" in made else echoed()


def echoed() -> object:
    with socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) as end:
        end.settimeout(2)
        reuses = truth(end, SOL_SOCKET, SO_REUSEADDR)
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        end.bind(("127.0.0.1", 4321))
        kind = answer(end.sendto, echo(0), ("127.0.0.1", 0))
        end.sendto(echo(8), ("127.0.0.1", 0))
        came = end.recv(100)
        end.connect(("127.0.0.1", 0))
        return reuses, kind, came, answer(end.send, echo(8))


@provokes("ping_identifier_shared")
def shared_identifier() -> object:
    with (
        setting("ping_group_range", f"{os.getegid()} {os.getegid()}"),
        socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) as first, socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) as second,
    ):  # fmt: skip
        first.setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)
        first.bind(("127.0.0.1", 4321))
        return answer(second.bind, ("127.0.0.1", 4321))
