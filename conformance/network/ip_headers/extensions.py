"""Extension headers of IPv6 in front of a datagram (RFC 8200 section 4), as a scripted host sends them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.network.path_mtu.paths import network_of
from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.wire.packet import Packet

UNKNOWN = 0x1E
"""An option for experiments (RFC 4727 section 3.2), without the two bits that say what becomes of the packet."""
PASS, DROP, TELL, TELL_ONE = (action << 6 for action in range(4))
"""Those bits (RFC 8200 4.2): pass over, drop, drop and tell, drop and tell unless it was sent to many."""
FIRST_OPTION = 42
"""Where the first option behind the header of IPv6 stands: the pointer of an error."""
PROBLEM = "ICMPv6 type 4"


def destination_options(*kinds: int) -> Any:
    """A header with options of these kinds for the destination."""
    from scapy.layers.inet6 import HBHOptUnknown, IPv6ExtHdrDestOpt

    return IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=kind, optdata=b"data") for kind in kinds])


def hop_options(*kinds: int) -> Any:
    """The same for every router on the way."""
    from scapy.layers.inet6 import HBHOptUnknown, IPv6ExtHdrHopByHop

    return IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=kind, optdata=b"data") for kind in kinds])


def routing(kind: int, left: int) -> Any:
    """A routing header of this type, with one address and so many segments left."""
    from scapy.layers.inet6 import IPv6ExtHdrRouting

    return IPv6ExtHdrRouting(type=kind, segleft=left, addresses=["fd78::1"])


def send_behind(remote: Remote, *headers: Any, payload: bytes = b"first", to: str = "", bound: RecordedSocket) -> None:
    """Sends a datagram to `bound` behind these headers."""
    from scapy.layers.inet6 import IPv6

    remote.towards(bound)
    datagram = remote.craft("UDP", payload=payload, ip={"dst": to} if to else None)
    packet = IPv6(src=datagram.src, dst=datagram.dst)
    for header in headers:
        packet /= header
    remote.put(packet / datagram["UDP"])


def pointer(packet: Packet) -> int:
    """What a message of a parameter problem points at."""
    return int.from_bytes(bytes(network_of(packet).payload)[4:8], "big")


EVERY_OPTION_HEADER = pytest.mark.parametrize("header", [destination_options, hop_options], ids=["destination", "hop"])
