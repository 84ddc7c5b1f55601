"""Messages of ICMP that tell of errors, by family, and what they quote."""

from __future__ import annotations

import struct
from errno import EACCES, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, EPROTO
from socket import AF_INET6, IPPROTO_IP, IPPROTO_IPV6, MSG_DONTWAIT, MSG_ERRQUEUE, inet_ntop
from typing import NamedTuple

import pytest

from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.stage.families import Family, ip4, ip6
from fixtures.wire.packet import Packet

WHOLE = 1 << 32
"""Numbers of TCP have 32 bits."""


class Error(NamedTuple):
    """A message by type and code, the errno that Linux makes of it, and the four bytes that depend on the kind."""

    type: int
    code: int
    errno: int
    information: int = 0


SOFT = {
    ip4: [Error(3, 0, ENETUNREACH), Error(3, 1, EHOSTUNREACH), Error(3, 5, EOPNOTSUPP), Error(11, 0, EHOSTUNREACH),
          Error(12, 0, EPROTO, 9 << 24)],
    ip6: [Error(1, 0, ENETUNREACH), Error(1, 3, EHOSTUNREACH), Error(3, 0, EHOSTUNREACH), Error(3, 1, EHOSTUNREACH),
          Error(4, 0, EPROTO, 6), Error(4, 1, EPROTO, 6), Error(4, 2, EPROTO, 40)],
}  # fmt: skip
"""Soft errors as RFC 9293 3.9.2.2 counts them, but for the next one."""
REASSEMBLY = {ip4: [Error(11, 1, EHOSTUNREACH)]}
"""A time that was exceeded while fragments were put together."""
HARD = {
    ip4: [Error(3, 2, ENOPROTOOPT), Error(3, 3, ECONNREFUSED)],
    ip6: [Error(1, 1, EACCES), Error(1, 4, ECONNREFUSED)],
}
"""Hard errors by the same section, without the one of the path's MTU."""
LATER = {
    ip4: [Error(3, 6, ENETUNREACH), Error(3, 7, EHOSTDOWN), Error(3, 8, ENONET), Error(3, 9, ENETUNREACH),
          Error(3, 10, EHOSTUNREACH), Error(3, 11, ENETUNREACH), Error(3, 12, EHOSTUNREACH),
          Error(3, 13, EHOSTUNREACH), Error(3, 14, EHOSTUNREACH), Error(3, 15, EHOSTUNREACH)],
    ip6: [Error(1, 2, EHOSTUNREACH), Error(1, 5, EACCES), Error(1, 6, EACCES)],
}  # fmt: skip
"""Codes of RFC 1122 3.2.2.1, RFC 1812 5.2.7.1 and RFC 4443 3.1 of which RFC 9293 says nothing."""
Table = dict[Family, list[Error]]


def over_errors(*tables: Table) -> pytest.MarkDecorator:
    """Runs a scenario once for each error of these tables, as its parameters ``family`` and ``error``."""
    pairs = [(family, error) for table in tables for family, errors in table.items() for error in errors]
    return pytest.mark.parametrize(("family", "error"), [_parameters(family, error) for family, error in pairs])


def first(table: Table) -> Table:
    """The first error of each family."""
    return {family: errors[:1] for family, errors in table.items()}


def _parameters(family: Family, error: Error) -> object:
    marks = [pytest.mark.needs(*family.needs)] if family.needs else []
    return pytest.param(family, error, id=f"{family}-type{error.type}-code{error.code}", marks=marks)


def tell(remote: Remote, error: Error, about: Packet | bytes, *, router: str | None = None) -> None:
    """Sends `error` about a packet of the kernel's, from the address of a `router` where one is given."""
    protocol = "ICMPv6" if remote.family is ip6 else "ICMP"
    text = f"{protocol} type {error.type} code {error.code}"
    remote.send(text, about=about, information=error.information, ip={"src": router} if router else None)


def came(remote: Remote) -> Packet:
    """The last error that the kernel has had: for those of which nothing else is seen. Raises Inconclusive."""
    return remote.came("ICMPv6" if remote.family is ip6 else "ICMP")


def quoted(remote: Remote, number: int | None = None, *, port: int | None = None) -> bytes:
    """The kernel's last segment as if it had `number`; without one, the next that it will send. Or from a `port`."""
    segment = remote.seen()[-1].layers["IPv6" if remote.family is ip6 else "IP"].copy()
    number = remote.numbers.received if number is None else number
    segment["TCP"].seq = ((remote.numbers.their_first or 0) + number) % WHOLE
    segment["TCP"].sport = port or segment["TCP"].sport
    return bytes(segment)


RECEIVE_ERRORS = {ip4: (IPPROTO_IP, 11), ip6: (IPPROTO_IPV6, 25)}
"""IP_RECVERR and IPV6_RECVERR of linux/in.h and linux/in6.h."""
ROUTERS = {ip4: "10.78.0.9", ip6: "fd78::9"}
"""Hosts on the way that report errors."""
_EXTENDED = struct.Struct("=IBBBxII")
_OFFENDERS = {ip4: "4x4s", ip6: "8x16s"}


def receives_errors(end: RecordedSocket, family: Family, *, on: bool = True) -> None:
    """Sets IP_RECVERR or IPV6_RECVERR."""
    end.setsockopt(*RECEIVE_ERRORS[family], int(on))


class Extended(NamedTuple):
    """struct sock_extended_err of ip(7), and the address behind it."""

    errno: int
    origin: int
    type: int
    code: int
    info: int
    offender: str


def from_queue(end: RecordedSocket, family: Family) -> tuple[bytes, Extended, tuple[str, int]]:
    """The next of the error queue: the data of the datagram, the error, and where the datagram went. Raises OSError."""
    data, ancillary, _, whither = end.recvmsg(2048, 512, MSG_ERRQUEUE | MSG_DONTWAIT)
    assert whither is not None, "an error of the queue comes with where its datagram went"
    (message,) = (content for level, kind, content in ancillary if (level, kind) == RECEIVE_ERRORS[family])
    number, origin, kind, code, info, _ = _EXTENDED.unpack_from(message)
    (host,) = struct.unpack_from(_OFFENDERS[family], message, _EXTENDED.size)
    return data, Extended(number, origin, kind, code, info, inet_ntop(family.domain, host)), whither[:2]


def origin(family: Family) -> int:
    """SO_EE_ORIGIN_ICMP or SO_EE_ORIGIN_ICMP6 (ip(7), ipv6(7))."""
    return 3 if family.domain == AF_INET6 else 2


def pointer(family: Family, error: Error) -> int:
    """What ee_info has of a problem with a parameter: where it is; zero of other errors."""
    return error.information >> (24 if family is ip4 else 0)
