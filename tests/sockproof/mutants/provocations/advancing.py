"""Sources, headers, hops and classes of IPv6 datagrams, and raw sockets of IPv6."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import select
import struct
from socket import *
from socket import socket

from .common import *
from .labelling import DSTOPTS, HOPOPTS, PADDING, messages, six

CHECKSUM, FILTER, RAW, EXPERIMENTAL, PKTINFO, RTHDRDSTOPTS, UNKNOWN = 7, 1, 255, 253, 50, 55, 200


def info(interface: int = 0, source: str = "::") -> bytes:
    return inet_pton(AF_INET6, source) + struct.pack("I", interface)


@provokes("raw_checksum_stays", "raw_checksum_anywhere")
def checksums() -> object:
    with socket(AF_INET6, SOCK_RAW, EXPERIMENTAL) as end:
        tried = [outcome(end.setsockopt, IPPROTO_IPV6, CHECKSUM, place) for place in (2, 3, -1)]
        return tried, end.getsockopt(IPPROTO_IPV6, CHECKSUM)


@provokes("raw_kind_unknown_changed", "raw_filter_emptied", "raw_anything_header_made")
def messages_of_icmp() -> object:
    with socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6) as end, socket(AF_INET6, SOCK_RAW, RAW) as own:
        end.sendto(bytes([UNKNOWN, 0, 0, 0]), ("::1", 0))
        seen = end.recv(9)[:1] if poll_bits(end, select.POLLIN) != "nothing" else b""
        end.setsockopt(IPPROTO_ICMPV6, FILTER, bytes([7]) * 32)
        end.setsockopt(IPPROTO_ICMPV6, FILTER, b"")
        return seen, end.getsockopt(IPPROTO_ICMPV6, FILTER, 32), own.getsockopt(IPPROTO_IPV6, 36)


@provokes("control_class_unchecked", "control_absent_taken", "control_pktinfo_streams_refused")
def options_that_are_none() -> object:
    with six() as (end, _), socket(AF_INET6) as stream:
        tried = [outcome(end.setsockopt, IPPROTO_IPV6, option, 256) for option in (IPV6_TCLASS, 9, 63)]
        return tried, outcome(stream.setsockopt, IPPROTO_IPV6, PKTINFO, info(source="::1"))


@provokes("control_interface_unchecked", "control_route_as_host", "control_pktinfo_stays")
def interfaces() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        nowhere = outcome(end.sendmsg, [b"x"], [(IPPROTO_IPV6, PKTINFO, info(99999))], 0, ("::1", 9))
        unreached = outcome(end.sendto, b"x", ("2001:db8::9", 9))
        for one in (info(if_nametoindex("v0")), info()):
            end.setsockopt(IPPROTO_IPV6, PKTINFO, one)
        return nowhere, unreached, outcome(end.sendmsg, [b"x"], [(IPPROTO_IPV6, PKTINFO, info(1))], 0, ("::1", 9))


@provokes("control_routing_needless", "control_default_as_one", "control_source_made_up")
def datagrams() -> object:
    with six() as (end, receiver):
        for option in (58, IPV6_RECVHOPLIMIT):
            receiver.setsockopt(IPPROTO_IPV6, option, 1)
        end.setsockopt(IPPROTO_IPV6, RTHDRDSTOPTS, PADDING)
        end.sendmsg([b"x"], [(IPPROTO_IPV6, IPV6_HOPLIMIT, struct.pack("i", -1))])
        end.sendmsg([b"y"], [(IPPROTO_IPV6, PKTINFO, info())])
        seen = receiver.recvmsg(9, 99)[1], messages(receiver, most=1)
    return seen, own_source()


def own_source() -> object:
    """From where a datagram comes that is bound to an address of a link, and names none."""
    host = ("fe80::87", 0, 0, if_nametoindex("v0"))
    with socket(AF_INET6, SOCK_DGRAM) as end, socket(AF_INET6, SOCK_DGRAM) as receiver:
        for one in (end, receiver):
            one.bind(host)
        outcome(end.sendmsg, [b"x"], [(IPPROTO_IPV6, PKTINFO, info())], 0, receiver.getsockname())
        return outcome(lambda: receiver.recvfrom(9)[1][0])


@provokes("control_sticky_unprivileged")
def headers_without_privilege() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        return [outcome(end.setsockopt, IPPROTO_IPV6, option, PADDING) for option in (HOPOPTS, DSTOPTS)]


@provokes("multicast_sources_join_lost")
def joined_after_all() -> object:
    group, index = struct.pack("=HH4s", AF_INET, 0, inet_aton(GROUP)).ljust(128, b"\0"), if_nametoindex("v0")
    source = struct.pack("=HH4s", AF_INET, 0, inet_aton("10.9.9.1")).ljust(128, b"\0")
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, 42, struct.pack("=I4x", index) + group)
        end.setsockopt(IPPROTO_IP, 46, struct.pack("=I4x", index) + group + source)
        return outcome(end.setsockopt, IPPROTO_IP, 46, struct.pack("=I4x", index) + group + source)
