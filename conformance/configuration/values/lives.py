"""Options with two values each, to be set one after the other, and the stages of a socket's life at which they stay.

None changes what the few bytes of such a life need. The numbers are those of the kernel's headers.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from select import POLLIN
from socket import IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET
from typing import Any, NamedTuple

from conformance.configuration.values.tables import answer, switches
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers


class Twice(NamedTuple):
    """An option, and what it is set to first and last."""

    level: int
    option: int
    first: int | bytes
    last: int | bytes
    told: int | bytes | None = None
    """How the last is told, where otherwise."""

    def expected(self) -> int | bytes:
        """The value that is told."""
        return self.last if self.told is None else self.told


def _time(seconds: int) -> bytes:
    return struct.pack("ll", seconds, 0)


_SOCKET = {
    "SO_SNDBUF": Twice(SOL_SOCKET, 7, 20_000, 30_000, 60_000),
    "SO_RCVBUF": Twice(SOL_SOCKET, 8, 20_000, 30_000, 60_000),
    "SO_PRIORITY": Twice(SOL_SOCKET, 12, 3, 5),
    "SO_LINGER": Twice(SOL_SOCKET, 13, struct.pack("ii", 1, 5), struct.pack("ii", 1, 7)),
    "SO_RCVLOWAT": Twice(SOL_SOCKET, 18, 9, 1),
    "SO_RCVTIMEO": Twice(SOL_SOCKET, 20, _time(50), _time(60)),
    "SO_SNDTIMEO": Twice(SOL_SOCKET, 21, _time(70), _time(80)),
    "SO_MAX_PACING_RATE": Twice(SOL_SOCKET, 47, 1 << 20, 1 << 21, struct.pack("L", 1 << 21)),
}
_TCP = {
    "TCP_KEEPIDLE": Twice(IPPROTO_TCP, 4, 77, 88),
    "TCP_KEEPINTVL": Twice(IPPROTO_TCP, 5, 55, 66),
    "TCP_KEEPCNT": Twice(IPPROTO_TCP, 6, 5, 6),
    "TCP_SYNCNT": Twice(IPPROTO_TCP, 7, 5, 7),
    "TCP_LINGER2": Twice(IPPROTO_TCP, 8, 11, -1),
    "TCP_DEFER_ACCEPT": Twice(IPPROTO_TCP, 9, 0, 3),
    "TCP_THIN_LINEAR_TIMEOUTS": Twice(IPPROTO_TCP, 16, 0, 1),
    "TCP_USER_TIMEOUT": Twice(IPPROTO_TCP, 18, 54_321, 65_432),
    "TCP_NOTSENT_LOWAT": Twice(IPPROTO_TCP, 25, 44_444, 55_555),
    "TCP_SAVE_SYN": Twice(IPPROTO_TCP, 27, 0, 1),
    "TCP_FASTOPEN_CONNECT": Twice(IPPROTO_TCP, 30, 1, 0),
    "TCP_FASTOPEN_NO_COOKIE": Twice(IPPROTO_TCP, 34, 0, 1),
    "SO_ZEROCOPY": Twice(SOL_SOCKET, 60, 0, 1),
}
_UDP = {
    "UDP_CORK": Twice(IPPROTO_UDP, 1, 1, 0),
    "UDP_NO_CHECK6_TX": Twice(IPPROTO_UDP, 101, 1, 0),
    "UDP_NO_CHECK6_RX": Twice(IPPROTO_UDP, 102, 0, 1),
    "UDP_SEGMENT": Twice(IPPROTO_UDP, 103, 500, 600),
}
_UDP_OF = {
    "ip4": {"IP_RECVFRAGSIZE": Twice(IPPROTO_IP, 25, 0, 1), "IP_MULTICAST_TTL": Twice(IPPROTO_IP, 33, 5, 6)},
    "ip6": {"IPV6_MULTICAST_HOPS": Twice(IPPROTO_IPV6, 18, 5, 6), "IPV6_RECVFRAGSIZE": Twice(IPPROTO_IPV6, 77, 0, 1)},
}
_LOOPBACK = int.from_bytes((1).to_bytes(4, "big"), sys.byteorder)
"""The number of the first interface of a namespace, as these options have it."""
_IP4 = {
    "IP_TOS": Twice(IPPROTO_IP, 1, 0x10, 0x20),
    "IP_TTL": Twice(IPPROTO_IP, 2, 33, 44),
    "IP_MTU_DISCOVER": Twice(IPPROTO_IP, 10, 2, 0),
    "IP_MINTTL": Twice(IPPROTO_IP, 21, 3, 4),
    "IP_MULTICAST_LOOP": Twice(IPPROTO_IP, 34, 1, 0),
    "IP_MULTICAST_ALL": Twice(IPPROTO_IP, 49, 1, 0),
    "IP_UNICAST_IF": Twice(IPPROTO_IP, 50, 0, _LOOPBACK),
}
_IP6 = {
    "IPV6_UNICAST_HOPS": Twice(IPPROTO_IPV6, 16, 33, 44),
    "IPV6_MULTICAST_LOOP": Twice(IPPROTO_IPV6, 19, 1, 0),
    "IPV6_MTU_DISCOVER": Twice(IPPROTO_IPV6, 23, 2, 0),
    "IPV6_MULTICAST_ALL": Twice(IPPROTO_IPV6, 29, 1, 0),
    "IPV6_TCLASS": Twice(IPPROTO_IPV6, 67, 0x10, 0x20),
    "IPV6_AUTOFLOWLABEL": Twice(IPPROTO_IPV6, 70, 0, 1),
    "IPV6_ADDR_PREFERENCES": Twice(IPPROTO_IPV6, 72, 1, 2, 0x402),  # and the home address, as ever
    "IPV6_MINHOPCOUNT": Twice(IPPROTO_IPV6, 73, 3, 4),
    "IPV6_UNICAST_IF": Twice(IPPROTO_IPV6, 76, 0, _LOOPBACK),
}
_PRIVILEGED = {"SO_PRIORITY": Twice(SOL_SOCKET, 12, 7, 9), "SO_MARK": Twice(SOL_SOCKET, 36, 7, 9)}
_PRIVILEGED_OF = {
    "ip4": {"IP_TRANSPARENT": Twice(IPPROTO_IP, 19, 0, 1)},
    "ip6": {"IPV6_TRANSPARENT": Twice(IPPROTO_IPV6, 75, 0, 1)},
    "unix": {},
}  # fmt: skip
_FAMILY = {"ip4": _IP4, "ip6": _IP6, "unix": {"SO_PEEK_OFF": Twice(SOL_SOCKET, 42, 3, -1)}}
_WITHHELD = ("TCP_CORK", "SO_TIMESTAMP", "SO_NO_CHECK")
"""Switches: the first holds data back, the second is one with its successor, the third goes with no segments."""


def settings(family: Family, kind: int) -> dict[str, Twice]:
    """Every option of a socket of that family and type, by name."""
    of_kind = {SOCK_STREAM: _TCP, SOCK_DGRAM: _UDP | _UDP_OF.get(family.name, {})}[kind] if family.ip else {}
    on = {name: Twice(*option, 0, 1) for name, option in switches(family.name, kind).items() if name not in _WITHHELD}
    return {**of_kind, **_FAMILY[family.name], **_SOCKET, **on}  # IP_TOS sets SO_PRIORITY too


def privileged(family: Family) -> dict[str, Twice]:
    """Every option of which CAP_NET_ADMIN is asked."""
    return {**_PRIVILEGED, **_PRIVILEGED_OF[family.name]}


def set_both(end: RecordedSocket, options: dict[str, Twice]) -> None:
    """Sets each option to its first value, and then to its last."""
    for setting in options.values():
        end.setsockopt(setting.level, setting.option, setting.first)
        end.setsockopt(setting.level, setting.option, setting.last)


def switchable(family: Family, kind: int) -> dict[str, Twice]:
    """Those of which one of the values is 0 and the other 1."""
    return {name: each for name, each in settings(family, kind).items() if {each.first, each.last} == {0, 1}}


def set_to(end: RecordedSocket, options: dict[str, Twice], value: int) -> None:
    """Sets each option to that value."""
    for each in options.values():
        end.setsockopt(each.level, each.option, value)


def told(end: RecordedSocket, options: dict[str, Twice]) -> dict[str, Any]:
    """What each option is, an int or bytes."""
    room = 64
    return {name: _plain(answer(end.getsockopt, each.level, each.option, room)) for name, each in options.items()}


def _plain(value: bytes | str) -> int | bytes | str:
    return int.from_bytes(value, sys.byteorder, signed=True) if isinstance(value, bytes) and len(value) == 4 else value


def life(peers: Peers, family: Family, kind: int, end: RecordedSocket) -> Iterator[str]:
    """Brings the socket through its life: the name of each stage that it has reached."""
    end.bind(family.address())
    yield "bound"
    peer = peers.socket("peer", family.domain, kind)
    peer.bind(family.address())
    if kind == SOCK_STREAM:
        peer.listen()
    end.connect(peer.getsockname())
    yield "connected"
    end.send(b"x")  # before accept(), for TCP_DEFER_ACCEPT
    server = peers.accepting(peer) if kind == SOCK_STREAM else peer
    ready(server, POLLIN)
    yield "sent"
    yield from _answered(server, end)


def _answered(server: RecordedSocket, end: RecordedSocket) -> Iterator[str]:
    data, name = server.recvfrom(1)
    server.sendto(data, name or end.getsockname()) if server.type == SOCK_DGRAM else server.send(data)
    ready(end, POLLIN)
    end.recv(1)
    yield "received"
    end.shutdown(SHUT_WR)
    yield "shut"


FOLLOWS = {"IP_TOS": {"SO_PRIORITY"}, "SO_RCVLOWAT": {"SO_RCVBUF"}}
"""Options that another one sets too: ip(7), IP_TOS; a buffer that is smaller than SO_RCVLOWAT grows."""


def changed_by_each(end: RecordedSocket, options: dict[str, Twice]) -> dict[str, set[str]]:
    """Which other options have changed, and none that may, by setting each in turn."""
    found, before = {}, told(end, options)
    for name, setting in options.items():
        end.setsockopt(setting.level, setting.option, setting.last)
        after = told(end, options)
        found[name] = {other for other in options if after[other] != before[other]} - {name} - FOLLOWS.get(name, set())
        before = after
    return found
