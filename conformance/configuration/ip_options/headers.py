"""Fields of the IP header, out of captured frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from socket import IPPROTO_IP, IPPROTO_IPV6
from typing import Any

from fixtures.wire.capture import Frame

IP_MTU_DISCOVER, IP_MTU, IPV6_MTU_DISCOVER, IPV6_MTU = 10, 14, 23, 24
DISCOVERY = {"ip4": (IPPROTO_IP, IP_MTU_DISCOVER), "ip6": (IPPROTO_IPV6, IPV6_MTU_DISCOVER)}
PATH_MTU = {"ip4": (IPPROTO_IP, IP_MTU), "ip6": (IPPROTO_IPV6, IPV6_MTU)}
DONT, WANT, DO, PROBE = range(4)
"""linux/in.h, linux/in6.h."""


def carrying(frames: Iterable[Frame], data: bytes) -> list[Frame]:
    """Those that end in `data`: on a shared loopback others pass as well."""
    return [frame for frame in frames if frame.data.endswith(data)]


def traffic_classes(frames: Iterable[Frame]) -> set[int]:
    """Type of service of IPv4, traffic class of IPv6 (RFC 791, RFC 8200)."""
    return {layers["IP"].tos if "IP" in layers else layers["IPv6"].tc for layers in _of_ip(frames)}


def forbidding_fragments(frames: Iterable[Frame]) -> set[bool]:
    """Whether the headers of IPv4 forbid routers to fragment (RFC 791 3.1): what was seen, of both or of one."""
    return {bool(layers["IP"].flags.DF) for layers in _of_ip(frames) if "IP" in layers}


def fragments_with_more(frames: Iterable[Frame]) -> int:
    """How many frames are fragments that another one follows (RFC 791 3.1, RFC 8200 4.5)."""
    return sum(_more_follow(layers) for layers in _of_ip(frames))


def _of_ip(frames: Iterable[Frame]) -> Iterator[Any]:
    every = (frame.layers for frame in frames)
    return (layers for layers in every if "IP" in layers or "IPv6" in layers)


def _more_follow(layers: Any) -> bool:
    if "IP" in layers:
        return bool(layers["IP"].flags.MF)
    return FRAGMENT in layers and bool(layers[FRAGMENT].m)


FRAGMENT = "IPv6 Extension Header - Fragmentation header"
"""The name that Scapy gives it."""
