"""Raw sockets, anycast addresses, sizes of fragments and extensions of errors."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
import select
import struct
from socket import *
from socket import socket

from .common import *

PROTOCOL, JOIN, LEAVE, SIZE, EXTENSIONS, ICMP_FILTER, SOL_RAW = 253, 27, 28, 25, 26, 1, 255


def raw(protocol: int = PROTOCOL) -> socket:
    return socket(AF_INET, SOCK_RAW, protocol)


@provokes("raw_filter_untold", "raw_filter_anybody")
def filters() -> object:
    with raw(IPPROTO_ICMP) as end, raw() as other:
        end.setsockopt(SOL_RAW, ICMP_FILTER, 257)
        return end.getsockopt(SOL_RAW, ICMP_FILTER), outcome(other.setsockopt, SOL_RAW, ICMP_FILTER, 1)


@provokes("raw_cut_unmarked", "raw_size_zero", "raw_messages_ignored", "raw_protocol_other")
def packets_to_oneself() -> object:
    with raw() as end:
        end.sendmsg([b"long"], [(IPPROTO_IP, IP_TTL, struct.pack("i", 9))], 0, ("127.0.0.1", 0))
        if poll_bits(end, select.POLLIN) == "nothing":
            return "nothing"
        size = fcntl.ioctl(end, 0x541B, bytes(4))
        seen = end.recvmsg(12)
        return size, seen[0][8], seen[2], end.getsockname()


@provokes("raw_nowhere_taken", "raw_bind_anywhere", "raw_family_unchecked")
def refused() -> object:
    with raw() as end:
        elsewhere = struct.pack("=HH4s8x", 77, 0, inet_aton("127.0.0.1"))
        sent = LIBC.sendto(end.fileno(), b"x", 1, 0, elsewhere, 16)
        return outcome(end.send, b"x"), outcome(end.bind, ("192.0.2.1", 0)), sent


@provokes("fragments_size_of_whole", "fragments_size_of_streams")
def sizes() -> object:
    with udp() as (sender, receiver), socket() as stream:
        receiver.setsockopt(IPPROTO_IP, SIZE, 1)
        sender.send(b"x")
        return receiver.recvmsg(9, 99)[1], outcome(stream.setsockopt, IPPROTO_IP, SIZE, 1)


@provokes("icmp_extensions_any_value", "icmp_extensions_always")
def switches() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        told = outcome(end.setsockopt, IPPROTO_IP, EXTENSIONS, 2)
        end.setsockopt(IPPROTO_IP, EXTENSIONS, 0)
        return told, end.getsockopt(IPPROTO_IP, EXTENSIONS)


@provokes("icmp_extensions_elsewhere", "icmp_extensions_unjudged")
def errors() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, IP_RECVERR, 1)
        end.connect(("127.0.0.1", 9))
        end.send(b"x")
        until(lambda: poll_bits(end, 0) != "nothing")
        return end.recvmsg(9, 99, MSG_ERRQUEUE)[1][0][2][12:16]


def request(host: str, interface: str = "lo") -> bytes:
    return inet_pton(AF_INET6, host) + struct.pack("i", if_nametoindex(interface))


@provokes("anycast_join_ignored", "anycast_join_once", "anycast_join_unchecked", "anycast_leave_ignored",
          "anycast_leave_unchecked")  # fmt: skip
def anycast() -> object:
    """fe80::/64 is the network of the link."""
    with socket(AF_INET6, SOCK_DGRAM) as first, socket(AF_INET6, SOCK_DGRAM) as second:
        asked = [first.setsockopt, second.setsockopt]
        joined = [outcome(one, IPPROTO_IPV6, JOIN, request("fe80::acac", "v0")) for one in asked]
        joined.append(outcome(first.setsockopt, IPPROTO_IPV6, JOIN, request("ff02::1", "v0")))
        left = [outcome(second.setsockopt, IPPROTO_IPV6, LEAVE, request("fe80::acac", "v0")) for _ in range(2)]
        return joined, left


@provokes("anycast_join_unprivileged")
def anycast_without_privilege() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as end:
        LIBC.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        return outcome(end.setsockopt, IPPROTO_IPV6, JOIN, request("fe80::acac", "v0"))
