"""Questions of routers for the members of groups: IGMP (RFC 2236, RFC 3376) and MLD (RFC 2710, RFC 3810)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from functools import partial
from socket import IPPROTO_IP, IPPROTO_IPV6
from typing import Any

from fixtures.evidence.expect import in_addr
from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.stage.families import ip4, ip6
from fixtures.stage.tap import NAME
from fixtures.wire.packet import Packet

GROUP = {ip4: "239.7.7.7", ip6: "ff15::777"}
OTHER = {ip4: "239.7.7.8", ip6: "ff15::778"}
EVERYBODY = {ip4: "224.0.0.1", ip6: "ff02::1"}
"""Where general questions are sent (RFC 3376 4.1.12, RFC 3810 5.1.15)."""
ROUTER6 = "fe80::2"
"""Questions of MLD come from a link-local address (RFC 3810 5.1.14)."""
PROTOCOL = {ip4: "IGMP", ip6: "MLD"}
VERSIONS = {ip4: "net.ipv4.conf.{}.force_igmp_version", ip6: "net.ipv6.conf.{}.force_mld_version"}
MAXIMUM = 0.1
"""Seconds within which the questions of these scenarios want to be answered."""
IGMP = {"older": 0x16, "newest": 0x22}
MLD = {"older": 131, "newest": 143}
"""The types of reports: IGMPv2 and IGMPv3, MLDv1 and MLDv2."""
MEMBERSHIP = {ip4: (IPPROTO_IP, socket.IP_ADD_MEMBERSHIP), ip6: (IPPROTO_IPV6, socket.IPV6_JOIN_GROUP)}


def member(remote: Remote, *groups: str) -> RecordedSocket:
    """A socket of the kernel's that has joined these groups on the link."""
    end = remote.peers.datagram(remote.family, lane="member", host=remote.family.wildcard)
    level, option = MEMBERSHIP[remote.family]
    index = struct.pack("=i", socket.if_nametoindex(NAME))
    for group in groups:
        end.setsockopt(level, option, in_addr(group) + (bytes(4) if remote.family is ip4 else b"") + index)
    return end


def ask(
    remote: Remote,
    group: str | None = None,
    *,
    older: bool = False,
    source: str = "",
    robustness: int = 2,
    about: Sequence[str] = (),
) -> None:
    """Puts a question to all groups, or to one, as the newest version or the one before it has it.

    `robustness` is how often changes are to be reported on a link that loses so much (RFC 3376 4.1.6); `about` are the
    sources of a group that are asked for.
    """
    asked = question(remote, group, older=older, robustness=robustness, about=about)
    asked.src = source or asked.src
    remote.put(asked)


def question(
    remote: Remote,
    group: str | None = None,
    *,
    older: bool = False,
    robustness: int = 2,
    about: Sequence[str] = (),
    behind: bytes = b"",
) -> Any:
    """The same as a packet, to be altered before it is put; `behind` are bytes that follow the fields."""
    make = _igmp if remote.family is ip4 else _mld
    return make(remote, group, older, robustness, about, behind)


def all_answered(remote: Remote) -> None:
    """Returns when whatever was asked for before has been answered, or is not: a member of OTHER answers for that.

    Answers come after a time by chance, so one is awaited that comes later than any of the others may.
    """
    first = _answer(remote).at
    while _answer(remote).at < first + 2 * MAXIMUM * 1e9:
        pass


def _answer(remote: Remote) -> Packet:
    ask(remote, OTHER[remote.family])
    return remote.wire.expect(f"* > * {PROTOCOL[remote.family]} exclude {OTHER[remote.family]}")


def _igmp(remote: Remote, group: str | None, older: bool, robustness: int, about: Sequence[str], behind: bytes) -> Any:
    from scapy.layers.inet import IP, IPOption_Router_Alert
    from scapy.packet import Raw
    from scapy.utils import checksum

    newer = bytes([robustness]) + b"\x7d" + len(about).to_bytes(2, "big") + b"".join(map(in_addr, about))
    code, rest = bytes([round(MAXIMUM * 10)]), in_addr(group or "0.0.0.0") + (b"" if older else newer) + behind
    total = checksum(b"\x11" + code + b"\0\0" + rest)
    head = IP(src=remote.host, dst=group or EVERYBODY[ip4], ttl=1, proto=2, options=[IPOption_Router_Alert()])
    return head / Raw(b"\x11" + code + total.to_bytes(2, "big") + rest)


def _mld(remote: Remote, group: str | None, older: bool, robustness: int, about: Sequence[str], behind: bytes) -> Any:
    from scapy.layers.inet6 import ICMPv6MLQuery, ICMPv6MLQuery2, IPv6, IPv6ExtHdrHopByHop, RouterAlert

    query = ICMPv6MLQuery if older else partial(ICMPv6MLQuery2, QRV=robustness, sources=list(about))
    head = IPv6(src=ROUTER6, dst=group or EVERYBODY[ip6], hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()])
    asked = head / query(mladdr=group or "::", mrd=round(MAXIMUM * 1000))
    return asked / behind if behind else asked


def kind_of(remote: Remote, frame: bytes) -> int:
    """The type of the report in a frame; behind the options of IPv4, or the header of IPv6 with options."""
    behind = 14 + (frame[14] & 15) * 4 if remote.family is ip4 else 14 + 40 + 8
    return frame[behind]


def unanswered(remote: Remote, asked: Any) -> None:
    """Returns when the question about GROUP has come and was not answered, although all others are by now."""
    remote.came(asked)
    all_answered(remote)
    remote.wire.never(f"* > * {PROTOCOL[remote.family]} exclude {GROUP[remote.family]}")
