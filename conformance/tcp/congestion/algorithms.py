"""The congestion control algorithms that anybody may choose, and the one that a socket has."""

from __future__ import annotations

import socket
from socket import IPPROTO_TCP, TCP_CONGESTION

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.sysctls import read_sysctl

LONGEST = 16
"""Bytes of a name, TCP_CA_NAME_MAX of include/net/tcp.h."""
SETTING = "net.ipv4.tcp_congestion_control"
AVAILABLE = "net.ipv4.tcp_available_congestion_control"
ALLOWED = "net.ipv4.tcp_allowed_congestion_control"


def algorithm(end: socket.socket) -> str:
    """The name that TCP_CONGESTION gives."""
    return end.getsockopt(IPPROTO_TCP, TCP_CONGESTION, LONGEST).rstrip(b"\0").decode()


def default() -> str:
    """The name that a new socket gets."""
    return read_sysctl(SETTING)


def another() -> str:
    """A name that may be chosen and is not the default; the default where there is no other."""
    return next((name for name in read_sysctl(ALLOWED).split() if name != default()), default())


def other() -> str:
    """A name beside reno that an administrator may choose. Raises Unavailable where the kernel has no other."""
    found = next((name for name in read_sysctl(AVAILABLE).split() if name != "reno"), None)
    if found is None:
        raise Unavailable("this kernel has one congestion control only", verdict="unsupported")
    return found
