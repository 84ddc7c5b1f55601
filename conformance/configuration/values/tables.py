"""What options are at first, what they take, and what they make of it: numbers of the kernel's headers, by family.

An option is a level and a number; the tables have it under its name. None is newer than Linux 5.9.
"""

from __future__ import annotations

import errno
import struct
import sys
from collections.abc import Callable
from socket import IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET
from typing import Any

Options = dict[str, tuple[int, int]]


def number(value: int) -> bytes:
    """An int as options have it."""
    return value.to_bytes(4, sys.byteorder, signed=value < 0)


def _of(level: int, **numbers: int) -> Options:
    return {name: (level, number) for name, number in numbers.items()}


SWITCHES_OF_SOCKETS = _of(
    SOL_SOCKET, SO_REUSEADDR=2, SO_DONTROUTE=5, SO_BROADCAST=6, SO_KEEPALIVE=9, SO_OOBINLINE=10, SO_NO_CHECK=11,
    SO_TIMESTAMP=29, SO_TIMESTAMPNS=35, SO_RXQ_OVFL=40, SO_SELECT_ERR_QUEUE=45,
)  # fmt: skip
SWITCHES_OF_TCP = _of(IPPROTO_TCP, TCP_NODELAY=1, TCP_CORK=3)
SWITCHES_OF_IP = _of(
    IPPROTO_IP, IP_RECVOPTS=6, IP_RETOPTS=7, IP_PKTINFO=8, IP_RECVERR=11, IP_RECVTTL=12, IP_RECVTOS=13, IP_FREEBIND=15,
    IP_PASSSEC=18, IP_RECVORIGDSTADDR=20, IP_CHECKSUM=23, IP_BIND_ADDRESS_NO_PORT=24,
)  # fmt: skip
SWITCHES_OF_IPV6 = _of(
    IPPROTO_IPV6, IPV6_RECVERR=25, IPV6_FLOWINFO_SEND=33, IPV6_RECVPKTINFO=49, IPV6_RECVHOPLIMIT=51,
    IPV6_RECVHOPOPTS=53, IPV6_RECVRTHDR=56, IPV6_RECVDSTOPTS=58, IPV6_RECVPATHMTU=60, IPV6_DONTFRAG=62,
    IPV6_RECVTCLASS=66, IPV6_RECVORIGDSTADDR=74, IPV6_FREEBIND=78,
)  # fmt: skip
OF_IP = {"ip4": SWITCHES_OF_IP, "ip6": SWITCHES_OF_IPV6, "unix": _of(SOL_SOCKET, SO_PASSCRED=16)}
NUMBERS = _of(SOL_SOCKET, SO_PRIORITY=12, SO_MARK=36)
"""Options that are 0 at first, and no switches."""

SHORT = {
    "ip4": {**SWITCHES_OF_SOCKETS, **SWITCHES_OF_TCP},
    "ip6": {
        **SWITCHES_OF_TCP,
        **{name: option for name, option in SWITCHES_OF_IPV6.items() if name != "IPV6_DONTFRAG"},
        **_of(IPPROTO_IPV6, IPV6_UNICAST_HOPS=16, IPV6_MTU_DISCOVER=23, IPV6_TCLASS=67, IPV6_MINHOPCOUNT=73),
    },
    "unix": {**SWITCHES_OF_SOCKETS, **OF_IP["unix"]},
}
"""Options that need an int: fewer bytes are none. IPV6_DONTFRAG has never been so strict."""

ONE_BYTE = {**SWITCHES_OF_IP, **_of(IPPROTO_IP, IP_TTL=2, IP_MTU_DISCOVER=10, IP_MINTTL=21, IP_MULTICAST_LOOP=34)}


def switches(family: str, kind: int) -> Options:
    """Every switch of a socket of that family and type."""
    tcp = SWITCHES_OF_TCP if kind == SOCK_STREAM and family != "unix" else {}
    return {**SWITCHES_OF_SOCKETS, **tcp, **OF_IP[family]}


def at_first(family: str, kind: int) -> dict[str, tuple[int, int, bytes]]:
    """What options are that no setting of the host decides, on a new socket: level, number, value."""
    zero = {**switches(family, kind), **NUMBERS}
    rows = {name: (*option, number(0)) for name, option in zero.items()}
    rows |= {
        "SO_LINGER": (SOL_SOCKET, 13, bytes(8)),
        "SO_RCVLOWAT": (SOL_SOCKET, 18, number(1)),
        "SO_RCVTIMEO": (SOL_SOCKET, 20, bytes(16)),
        "SO_SNDTIMEO": (SOL_SOCKET, 21, bytes(16)),
        "SO_INCOMING_CPU": (SOL_SOCKET, 49, number(-1)),
        "SO_TXTIME": (SOL_SOCKET, 61, bytes(8)),
    }
    return rows | _more_at_first(family, kind)


def _more_at_first(family: str, kind: int) -> dict[str, tuple[int, int, bytes]]:
    tcp: dict[str, tuple[int, int, bytes]] = {}
    if kind == SOCK_STREAM and family != "unix":
        for name, option in {"TCP_MAXSEG": 2, "TCP_DEFER_ACCEPT": 9, "TCP_USER_TIMEOUT": 18, "TCP_INQ": 36}.items():
            tcp[name] = (IPPROTO_TCP, option, number(536 if name == "TCP_MAXSEG" else 0))
    if family == "ip4":
        names = {"IP_TOS": (1, 0), "IP_MULTICAST_TTL": (33, 1), "IP_MULTICAST_LOOP": (34, 1)}
        return tcp | {name: (IPPROTO_IP, at, number(value)) for name, (at, value) in names.items()}
    if family == "ip6":
        names = {"IPV6_MULTICAST_HOPS": (18, 1), "IPV6_MULTICAST_LOOP": (19, 1), "IPV6_TCLASS": (67, 0)}
        return tcp | {name: (IPPROTO_IPV6, at, number(value)) for name, (at, value) in names.items()}
    return tcp


_SOCKETS_BEYOND = {
    "SO_BUSY_POLL -1": (SOL_SOCKET, 46, -1),
    "SO_BINDTOIFINDEX -1": (SOL_SOCKET, 62, -1),
    "SO_TIMESTAMPING of an unknown bit": (SOL_SOCKET, 37, 1 << 30),
    "SO_TXTIME of an unknown bit": (SOL_SOCKET, 61, struct.pack("iI", 1, 4)),
    "SO_TXTIME that is cut": (SOL_SOCKET, 61, struct.pack("i", 1)),
    "SO_LINGER that is cut": (SOL_SOCKET, 13, struct.pack("i", 1)),
    "SO_RCVTIMEO that is cut": (SOL_SOCKET, 20, struct.pack("l", 1)),
}
_TCP_BEYOND = {
    "SO_ZEROCOPY 2": (SOL_SOCKET, 60, 2),
    "TCP_THIN_LINEAR_TIMEOUTS 2": (IPPROTO_TCP, 16, 2),
    "TCP_USER_TIMEOUT -1": (IPPROTO_TCP, 18, -1),
    "TCP_FASTOPEN -1": (IPPROTO_TCP, 23, -1),
    "TCP_SAVE_SYN 3": (IPPROTO_TCP, 27, 3),
    "TCP_FASTOPEN_CONNECT 2": (IPPROTO_TCP, 30, 2),
    "TCP_FASTOPEN_NO_COOKIE 2": (IPPROTO_TCP, 34, 2),
    "TCP_INQ 2": (IPPROTO_TCP, 36, 2),
}
BEYOND = {
    "ip4": {
        **_SOCKETS_BEYOND, **_TCP_BEYOND,
        "IP_MTU_DISCOVER -1": (IPPROTO_IP, 10, -1),
        "IP_MTU_DISCOVER 6": (IPPROTO_IP, 10, 6),
        "IP_MINTTL -1": (IPPROTO_IP, 21, -1),
        "IP_MINTTL 256": (IPPROTO_IP, 21, 256),
        "IP_MULTICAST_ALL 2": (IPPROTO_IP, 49, 2),
        "IP_FREEBIND of nothing": (IPPROTO_IP, 15, b""),
    },
    "ip6": {
        **_SOCKETS_BEYOND, **_TCP_BEYOND,
        "IPV6_MULTICAST_LOOP 2": (IPPROTO_IPV6, 19, 2),
        "IPV6_MTU_DISCOVER -1": (IPPROTO_IPV6, 23, -1),
        "IPV6_MTU_DISCOVER 6": (IPPROTO_IPV6, 23, 6),
        "IPV6_MTU 1279": (IPPROTO_IPV6, 24, 1279),
        "IPV6_TCLASS -2": (IPPROTO_IPV6, 67, -2),
        "IPV6_TCLASS 256": (IPPROTO_IPV6, 67, 256),
        "IPV6_ADDR_PREFERENCES of both": (IPPROTO_IPV6, 72, 3),
        "IPV6_MINHOPCOUNT -1": (IPPROTO_IPV6, 73, -1),
        "IPV6_MINHOPCOUNT 256": (IPPROTO_IPV6, 73, 256),
    },
    "unix": _SOCKETS_BEYOND,
}  # fmt: skip

_TOLD_ONLY = _of(
    SOL_SOCKET, SO_TYPE=3, SO_ERROR=4, SO_PEERCRED=17, SO_PEERNAME=28, SO_ACCEPTCONN=30, SO_PEERSEC=31, SO_PROTOCOL=38,
    SO_DOMAIN=39, SO_MEMINFO=55, SO_INCOMING_NAPI_ID=56, SO_COOKIE=57,
)  # fmt: skip
_TOLD_BY_TCP = _of(IPPROTO_TCP, TCP_INFO=11, TCP_CC_INFO=26, TCP_SAVED_SYN=28)
TOLD_ONLY = {
    "ip4": {**_TOLD_ONLY, **_TOLD_BY_TCP, **_of(IPPROTO_IP, IP_MTU=14)},
    "ip6": {**_TOLD_ONLY, **_TOLD_BY_TCP, **_of(IPPROTO_IPV6, IPV6_PATHMTU=61)},
    "unix": _TOLD_ONLY,
}
_SET_ONLY = _of(SOL_SOCKET, SO_DETACH_FILTER=27, SO_SNDBUFFORCE=32, SO_RCVBUFFORCE=33, SO_ATTACH_BPF=50)
SET_ONLY = {
    "ip4": {**_SET_ONLY, **_of(IPPROTO_IP, IP_ADD_MEMBERSHIP=35, IP_DROP_MEMBERSHIP=36, IP_BLOCK_SOURCE=38)},
    "ip6": {**_SET_ONLY, **_of(IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP=20, IPV6_DROP_MEMBERSHIP=21, MCAST_JOIN_GROUP=42)},
    "unix": _SET_ONLY,
}
CLOCK_REALTIME = struct.pack("iI", 0, 0)
PRIVILEGED = {
    "ip4": {"TCP_REPAIR": (IPPROTO_TCP, 19, 1), "SO_TXTIME": (SOL_SOCKET, 61, CLOCK_REALTIME)},
    "ip6": {
        "TCP_REPAIR": (IPPROTO_TCP, 19, 1),
        "IPV6_HOPOPTS": (IPPROTO_IPV6, 54, bytes(8)),
        "IPV6_RTHDRDSTOPTS": (IPPROTO_IPV6, 55, bytes(8)),
        "IPV6_DSTOPTS": (IPPROTO_IPV6, 59, bytes(8)),
    },
    "unix": {"SO_TXTIME": (SOL_SOCKET, 61, CLOCK_REALTIME)},
}
KINDS = {"SOCK_STREAM": SOCK_STREAM, "SOCK_DGRAM": SOCK_DGRAM}


def answer(call: Callable[..., Any], *arguments: Any) -> Any:
    """What the call gives, or the name of its error."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
