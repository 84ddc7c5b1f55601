"""Clients that are connecting: listeners that do not answer, and calls that a signal interrupts."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable
from socket import AF_INET, SO_ERROR, SOCK_STREAM, SOL_SOCKET, inet_pton

from conformance.lifecycle.abnormal_end.silence import deafen
from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Address, Family
from fixtures.stage.peers import Peers
from fixtures.stage.sysctls import path_of

_libc = ctypes.CDLL(None, use_errno=True)
UNSPECIFIED = bytes(16)
"""A struct sockaddr of the family AF_UNSPEC."""
LINEAR = "net.ipv4.tcp_syn_linear_timeouts"
"""Since Linux 6.5; before, the time between two SYNs doubles from the first on."""


def silent(peers: Peers, family: Family) -> RecordedSocket:
    """A listener that hears nothing, so that no SYN is answered and none is refused."""
    listener = peers.listener(family)
    deafen(listener)
    return listener


def nowhere(peers: Peers, family: Family) -> Address:
    """An address of loopback at which nobody listens, held by a socket of ours."""
    return peers.listener(family, backlog=None, lane="nobody").getsockname()


def nonblocking(peers: Peers, family: Family) -> RecordedSocket:
    """A client that does not wait."""
    client = peers.socket("client", family.domain, SOCK_STREAM)
    client.setblocking(False)
    return client


def pending_error(end: RecordedSocket) -> int:
    """SO_ERROR, which getsockopt() clears (socket(7))."""
    return end.getsockopt(SOL_SOCKET, SO_ERROR)


def double_from_the_first(sysctl: Callable[[str, int | str], None]) -> None:
    """The second SYN goes out after one second, the third after two more."""
    if path_of(LINEAR).exists():
        sysctl(LINEAR, 0)


def sockaddr(family: Family, address: Address) -> bytes:
    """A struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7))."""
    host, port = inet_pton(family.domain, address[0]), struct.pack("!H", address[1])
    middle, end = (b"", bytes(8)) if family.domain == AF_INET else (bytes(4), bytes(4))
    return struct.pack("=H", family.domain) + port + middle + host + end


def connect(end: RecordedSocket, family: Family, address: Address) -> None:
    """connect(2) as the C library gives it: Python would wait for the connection after EINTR. Raises OSError."""
    connect_raw(end, sockaddr(family, address))


def connect_raw(end: RecordedSocket, name: bytes) -> None:
    """The same with the bytes of the address. Raises OSError."""
    if _libc.connect(end.fileno(), name, len(name)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
