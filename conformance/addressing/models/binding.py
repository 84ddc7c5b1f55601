"""Who may bind a port beside whom: the table, by pairs.

socket(7), SO_REUSEADDR and SO_REUSEPORT; ip(7); ipv6(7), IPV6_V6ONLY; tcp(7); RFC 3493 5.3; RFC 9293 3.6.1 (TIME-WAIT).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from fixtures.evidence.recorder import RecordedSocket

ADDRESSES = ("127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0")


@dataclass
class Holder:
    """A socket that has the port, or what is left of one: `end` is None in TIME_WAIT."""

    address: str
    v6only: bool
    reuseaddr: bool
    reuseport: bool
    user: int
    end: RecordedSocket | None = None
    state: str = "bound"
    """Or listening, connected, TIME_WAIT."""
    client: RecordedSocket | None = None
    """Of a connection, the other end."""

    @property
    def as_ip4(self) -> str | None:
        """The IPv4 address that it stands for; None for one of IPv6."""
        mapped = self.address.removeprefix("::ffff:")
        return mapped if "." in mapped else None

    @property
    def is_wildcard(self) -> bool:
        """Whether it takes what comes to any address of its family."""
        return ip_address(self.as_ip4 or self.address).is_unspecified

    @property
    def takes_both(self) -> bool:
        """Whether it takes what comes by IPv4 and by IPv6 (ipv6(7), IPV6_V6ONLY)."""
        return self.address == "::" and not self.v6only


def overlap(one: Holder, other: Holder) -> bool:
    """Whether something may come that both would take."""
    if one.takes_both or other.takes_both:
        return True
    if (one.as_ip4 is None) != (other.as_ip4 is None):
        return False
    same = (one.as_ip4 or one.address) == (other.as_ip4 or other.address)
    return one.is_wildcard or other.is_wildcard or same


def conflict(new: Holder, old: Holder) -> bool:
    """Whether `new` may not have the port because of `old` (socket(7))."""
    if not overlap(new, old):
        return False
    if new.reuseaddr and old.reuseaddr and old.state != "listening":
        return False
    share = new.reuseport and old.reuseport
    return not (share and (old.state == "TIME_WAIT" or new.user == old.user))
