"""Which options an accepted socket has of its listener: what is set there, and what the listener then tells.

The numbers are those of asm-generic/socket.h, linux/tcp.h, linux/in.h and linux/in6.h.
"""

from __future__ import annotations

import struct
from socket import IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET
from typing import Any, NamedTuple

import pytest

from conformance.configuration.values.tables import number

LEVELS = {SOL_SOCKET: "SOL_SOCKET", IPPROTO_TCP: "IPPROTO_TCP", IPPROTO_IP: "IPPROTO_IP", IPPROTO_IPV6: "IPPROTO_IPV6"}
LOOPBACK = 1
"""The number of the device lo in every network namespace (include/net/flow.h, LOOPBACK_IFINDEX)."""


class Setting(NamedTuple):
    """An option, a value that is not its default, and how it is told."""

    name: str
    level: int
    option: int
    value: int | bytes
    told: bytes

    def __str__(self) -> str:
        return self.name


def row(
    name: str, level: int, option: int, value: int | bytes = 1, *,
    told: bytes | None = None, needs: tuple[str, ...] = (), asked: bool = True,
) -> Any:  # fmt: skip
    """A parameter. The option is asked for before: an older kernel has it not, and a sandbox may take and forget it.

    Not so with `asked` off, of what sockets of IP do not have: those are what is asked.
    """
    expected = told or (number(value) if isinstance(value, int) else value)
    wanted = (*needs, f"option:{LEVELS[level]}.{option}") if asked else needs
    marks = [pytest.mark.needs(*wanted)] if wanted else []
    return pytest.param(Setting(name, level, option, value, expected), id=name, marks=marks)


ADMIN, HOST_ADMIN = ("CAP_NET_ADMIN",), ("CAP_NET_ADMIN", "initial-user-namespace")

OF_SOCKETS = [
    row("SO_DEBUG", SOL_SOCKET, 1, needs=HOST_ADMIN),
    row("SO_REUSEADDR", SOL_SOCKET, 2),
    row("SO_DONTROUTE", SOL_SOCKET, 5),
    row("SO_BROADCAST", SOL_SOCKET, 6),
    row("SO_SNDBUF", SOL_SOCKET, 7, 20_000, told=number(40_000), needs=("buffers:20000",)),
    row("SO_RCVBUF", SOL_SOCKET, 8, 20_000, told=number(40_000), needs=("buffers:20000",)),
    row("SO_KEEPALIVE", SOL_SOCKET, 9),
    row("SO_OOBINLINE", SOL_SOCKET, 10),
    row("SO_NO_CHECK", SOL_SOCKET, 11),
    row("SO_LINGER", SOL_SOCKET, 13, struct.pack("ii", 1, 7)),
    row("SO_REUSEPORT", SOL_SOCKET, 15),
    row("SO_RCVLOWAT", SOL_SOCKET, 18, 9),
    row("SO_RCVTIMEO", SOL_SOCKET, 20, struct.pack("ll", 50, 0)),
    row("SO_SNDTIMEO", SOL_SOCKET, 21, struct.pack("ll", 60, 0)),
    row("SO_BINDTODEVICE", SOL_SOCKET, 25, b"lo\0"),
    row("SO_TIMESTAMP", SOL_SOCKET, 29),
    row("SO_TIMESTAMPNS", SOL_SOCKET, 35),
    row("SO_MARK", SOL_SOCKET, 36, 7, needs=ADMIN),
    row("SO_TIMESTAMPING", SOL_SOCKET, 37, 8),
    row("SO_RXQ_OVFL", SOL_SOCKET, 40),
    row("SO_LOCK_FILTER", SOL_SOCKET, 44),
    row("SO_SELECT_ERR_QUEUE", SOL_SOCKET, 45),
    row("SO_BUSY_POLL", SOL_SOCKET, 46, needs=HOST_ADMIN),
    row("SO_MAX_PACING_RATE", SOL_SOCKET, 47, 100_000),
    row("SO_ZEROCOPY", SOL_SOCKET, 60),
    row("SO_TXTIME", SOL_SOCKET, 61, struct.pack("iI", 1, 1)),
    row("SO_BINDTOIFINDEX", SOL_SOCKET, 62, LOOPBACK),
    row("SO_PREFER_BUSY_POLL", SOL_SOCKET, 69, needs=HOST_ADMIN),
    row("SO_BUF_LOCK", SOL_SOCKET, 72, 3),
    row("SO_RCVMARK", SOL_SOCKET, 75),
    row("SO_RCVPRIORITY", SOL_SOCKET, 82),
]

OF_TCP = [
    row("TCP_NODELAY", IPPROTO_TCP, 1),
    row("TCP_CORK", IPPROTO_TCP, 3),
    row("TCP_KEEPIDLE", IPPROTO_TCP, 4, 77),
    row("TCP_KEEPINTVL", IPPROTO_TCP, 5, 78),
    row("TCP_KEEPCNT", IPPROTO_TCP, 6, 5),
    row("TCP_SYNCNT", IPPROTO_TCP, 7, 9),
    row("TCP_LINGER2", IPPROTO_TCP, 8, 11),
    row("TCP_WINDOW_CLAMP", IPPROTO_TCP, 10, 2000),
    row("TCP_THIN_LINEAR_TIMEOUTS", IPPROTO_TCP, 16),
    row("TCP_USER_TIMEOUT", IPPROTO_TCP, 18, 4321),
    row("TCP_NOTSENT_LOWAT", IPPROTO_TCP, 25, 4444),
    row("TCP_SAVE_SYN", IPPROTO_TCP, 27),
    row("TCP_FASTOPEN_CONNECT", IPPROTO_TCP, 30),
    row("TCP_FASTOPEN_NO_COOKIE", IPPROTO_TCP, 34),
    row("TCP_INQ", IPPROTO_TCP, 36),
    row("TCP_TX_DELAY", IPPROTO_TCP, 37),
    row("TCP_RTO_MAX_MS", IPPROTO_TCP, 44, 2000),
    row("TCP_RTO_MIN_US", IPPROTO_TCP, 45, 40_000),
    row("TCP_DELACK_MAX_US", IPPROTO_TCP, 46, 40_000),
]

OF_IP4 = [
    row("IP_TOS", IPPROTO_IP, 1, 0x10),
    row("IP_TTL", IPPROTO_IP, 2, 33),
    row("IP_RECVOPTS", IPPROTO_IP, 6),
    row("IP_RETOPTS", IPPROTO_IP, 7),
    row("IP_PKTINFO", IPPROTO_IP, 8),
    row("IP_MTU_DISCOVER", IPPROTO_IP, 10, 2),
    row("IP_RECVERR", IPPROTO_IP, 11),
    row("IP_RECVTTL", IPPROTO_IP, 12),
    row("IP_RECVTOS", IPPROTO_IP, 13),
    row("IP_FREEBIND", IPPROTO_IP, 15),
    row("IP_PASSSEC", IPPROTO_IP, 18),
    row("IP_TRANSPARENT", IPPROTO_IP, 19, needs=ADMIN),
    row("IP_RECVORIGDSTADDR", IPPROTO_IP, 20),
    row("IP_MINTTL", IPPROTO_IP, 21, 1),
    row("IP_CHECKSUM", IPPROTO_IP, 23),
    row("IP_BIND_ADDRESS_NO_PORT", IPPROTO_IP, 24),
    row("IP_RECVERR_RFC4884", IPPROTO_IP, 26),
    row("IP_MULTICAST_LOOP", IPPROTO_IP, 34, 0),
    row("IP_MULTICAST_ALL", IPPROTO_IP, 49, 0),
    row("IP_UNICAST_IF", IPPROTO_IP, 50, struct.pack("!I", LOOPBACK)),
]

OF_IP6 = [
    row("IPV6_UNICAST_HOPS", IPPROTO_IPV6, 16, 33),
    row("IPV6_MULTICAST_LOOP", IPPROTO_IPV6, 19, 0),
    row("IPV6_MTU_DISCOVER", IPPROTO_IPV6, 23, 2),
    row("IPV6_RECVERR", IPPROTO_IPV6, 25),
    row("IPV6_MULTICAST_ALL", IPPROTO_IPV6, 29, 0),
    row("IPV6_FLOWINFO_SEND", IPPROTO_IPV6, 33),
    row("IPV6_RECVPKTINFO", IPPROTO_IPV6, 49),
    row("IPV6_RECVHOPLIMIT", IPPROTO_IPV6, 51),
    row("IPV6_RECVHOPOPTS", IPPROTO_IPV6, 53),
    row("IPV6_RECVRTHDR", IPPROTO_IPV6, 56),
    row("IPV6_RECVDSTOPTS", IPPROTO_IPV6, 58),
    row("IPV6_DSTOPTS", IPPROTO_IPV6, 59, b"\0\0\1\4\0\0\0\0", needs=("CAP_NET_RAW",)),
    row("IPV6_RECVPATHMTU", IPPROTO_IPV6, 60),
    row("IPV6_DONTFRAG", IPPROTO_IPV6, 62),
    row("IPV6_RECVTCLASS", IPPROTO_IPV6, 66),
    row("IPV6_TCLASS", IPPROTO_IPV6, 67, 0x20),
    row("IPV6_AUTOFLOWLABEL", IPPROTO_IPV6, 70, 0),
    row("IPV6_MINHOPCOUNT", IPPROTO_IPV6, 73, 1),
    row("IPV6_RECVORIGDSTADDR", IPPROTO_IPV6, 74),
    row("IPV6_TRANSPARENT", IPPROTO_IPV6, 75, needs=ADMIN),
    row("IPV6_UNICAST_IF", IPPROTO_IPV6, 76, struct.pack("!I", LOOPBACK)),
    row("IPV6_RECVFRAGSIZE", IPPROTO_IPV6, 77),
    row("IPV6_FREEBIND", IPPROTO_IPV6, 78),
]

OWN = [
    row("SO_PRIORITY", SOL_SOCKET, 12, 5, told=number(0)),
    row("TCP_DEFER_ACCEPT", IPPROTO_TCP, 9, 1, told=number(0)),
    row("TCP_FASTOPEN", IPPROTO_TCP, 23, 4, told=number(0)),
]
"""What does not come from the listener: the values that a new socket has."""

FLAGS_OF_UNIX = [row("SO_PASSCRED", SOL_SOCKET, 16, asked=False), row("SO_PASSSEC", SOL_SOCKET, 34, asked=False)]

OF_EVERY_SOCKET = {
    "SO_SNDBUF", "SO_RCVBUF", "SO_KEEPALIVE", "SO_OOBINLINE", "SO_LINGER", "SO_RCVLOWAT", "SO_RCVTIMEO", "SO_SNDTIMEO",
    "SO_TIMESTAMP",
}  # fmt: skip
OF_UNIX_LISTENERS_ALONE = [
    *(each for each in OF_SOCKETS if each.id in OF_EVERY_SOCKET),
    row("SO_PRIORITY", SOL_SOCKET, 12, 5),
    row("SO_PEEK_OFF", SOL_SOCKET, 42, 3),
]
