"""Multicast and broadcast."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import select
import struct
from collections.abc import Iterator
from pathlib import Path
from socket import *
from socket import socket

from .common import *

# The address of a veth link that the test sets up: on loopback the device itself returns what is sent.


def membership(group: str = GROUP) -> bytes:
    return inet_aton(group) + inet_aton(ADDRESS)


@contextlib.contextmanager
def group(*, join: bool = True, bound: str = GROUP) -> Iterator[tuple[socket, socket, tuple[str, int]]]:
    with socket(AF_INET, SOCK_DGRAM) as sender, socket(AF_INET, SOCK_DGRAM) as receiver:
        receiver.bind((bound, 0))
        sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, inet_aton(ADDRESS))
        if join:
            receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership())
        yield sender, receiver, (GROUP, receiver.getsockname()[1])


@provokes(
    "multicast_ttl_default_64", "multicast_ttl_misreported", "multicast_ttl_ignored", "multicast_ttl_follows_unicast",
)  # fmt: skip
def multicast_ttl() -> object:
    with group() as (sender, receiver, name):
        receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
        seen = []
        for option, value in ((IP_TTL, 9), (IP_MULTICAST_TTL, 1), (IP_MULTICAST_TTL, 5)):
            sender.setsockopt(IPPROTO_IP, option, value)
            sender.sendto(b"x", name)
            seen.append(receiver.recvmsg(1, 64)[1][0][2][0])
        return seen, sender.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL)


@provokes("multicast_join_ignored", "multicast_join_twice_allowed", "multicast_join_clears_all")
def join() -> object:
    with group() as (_, receiver, _):
        again = outcome(receiver.setsockopt, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership())
        return again, receiver.getsockopt(IPPROTO_IP, IP_MULTICAST_ALL)


@provokes("multicast_leave_ignored", "multicast_leave_stranger_allowed", "multicast_leave_leaves_all")
def leave() -> object:
    with group() as (_, receiver, _):
        receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership("239.255.7.8"))
        left = [outcome(receiver.setsockopt, IPPROTO_IP, IP_DROP_MEMBERSHIP, membership()) for _ in range(2)]
        joins = [membership(), membership("239.255.7.8")]
        return left, [outcome(receiver.setsockopt, IPPROTO_IP, IP_ADD_MEMBERSHIP, each) for each in joins]


@provokes("multicast_close_keeps_member")
def close_leaves() -> object:
    with group():
        pass
    return "0707FFEF" in Path("/proc/net/igmp").read_text()


@provokes("multicast_join_unicast_allowed", "multicast_interface_unchecked", "multicast_ttl_unchecked")
def odd_multicast() -> object:
    with socket(AF_INET, SOCK_DGRAM) as sock:
        unicast = inet_aton("127.0.0.2") + inet_aton(ADDRESS)
        return (
            outcome(sock.setsockopt, IPPROTO_IP, IP_ADD_MEMBERSHIP, unicast),
            outcome(sock.setsockopt, IPPROTO_IP, IP_MULTICAST_IF, inet_aton("192.0.2.1")),
            outcome(sock.setsockopt, IPPROTO_IP, IP_MULTICAST_TTL, 256),
        )


@provokes(
    "multicast_loop_ignored", "multicast_loop_inverted", "multicast_loop_misreported", "multicast_loop_default_off",
)  # fmt: skip
def loop() -> object:
    with group() as (sender, receiver, name):
        seen = []
        for value in (None, 0, 1):
            if value is not None:
                sender.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, value)
            sender.sendto(b"x", name)
            reported = sender.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP)
            seen.append((reported, outcome(receiver.recv, 1, limit=0.1)))
        return seen


@provokes("multicast_all_ignored", "multicast_all_misreported", "multicast_all_default_off")
def not_joined() -> object:
    with group() as (sender, _, _), socket(AF_INET, SOCK_DGRAM) as other:
        seen = []
        other.bind(("", 0))
        for value in (1, 0):
            if not value:
                other.setsockopt(IPPROTO_IP, IP_MULTICAST_ALL, value)
            sender.sendto(b"x", (GROUP, other.getsockname()[1]))
            seen.append((other.getsockopt(IPPROTO_IP, IP_MULTICAST_ALL), outcome(other.recv, 1, limit=0.1)))
        return seen


@provokes("multicast_loop_at_receiver", "multicast_interface_ignored")
def delivery() -> object:
    with group() as (sender, receiver, name):
        receiver.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, 0)
        outcome(sender.sendto, b"x", name)
        return poll_bits(receiver, select.POLLIN, 100), sender.getsockopt(IPPROTO_IP, IP_MULTICAST_IF)


@provokes(
    "multicast_hops_misreported", "multicast_hops_default_refused", "multicast_hops_ignored",
    "multicast_hops_unchecked", "multicast_hops_follows_unicast", "multicast_hops_default_64",
)  # fmt: skip
def hops() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as sock:
        answers = [outcome(sock.setsockopt, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, value) for value in (-1, 256)]
        sock.setsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9)
        seen = [sock.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS)]
        outcome(sock.sendto, b"x", ("ff02::4747", 9, 0, if_nametoindex("lo")))
        for value in (7, 8):
            seen.append(sock.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS))
            sock.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, value)
        return answers, seen, felt_hops()


def felt_hops() -> object:
    """The hop limit with which a multicast arrives that was sent with 7."""
    with socket(AF_INET6, SOCK_DGRAM) as sender, socket(AF_INET6, SOCK_DGRAM) as receiver:
        receiver.bind(("::", 0))
        index = if_nametoindex("v0")
        receiver.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, inet_pton(AF_INET6, "ff02::4747") + struct.pack("=I", index))
        receiver.setsockopt(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
        sender.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 7)
        sender.sendto(b"x", ("ff02::4747", receiver.getsockname()[1], 0, index))
        return receiver.recvmsg(1, 64)[1][0][2][0]


@provokes("broadcast_permission_missing", "broadcast_option_ignored", "broadcast_get_zero")
def broadcast() -> object:
    with socket(AF_INET, SOCK_DGRAM) as sock:
        without = outcome(sock.sendto, b"x", ("127.255.255.255", 9))
        sock.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
        return without, outcome(sock.sendto, b"x", ("127.255.255.255", 9)), sock.getsockopt(SOL_SOCKET, SO_BROADCAST)


@provokes("control_group_unset")
def address_of_arrival_at_a_group() -> object:
    index = if_nametoindex("v0")
    with socket(AF_INET6, SOCK_DGRAM) as sender, socket(AF_INET6, SOCK_DGRAM) as receiver:
        receiver.bind(("::", 0))
        receiver.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, inet_pton(AF_INET6, "ff02::4748") + struct.pack("=I", index))
        receiver.setsockopt(IPPROTO_IPV6, 49, 1)
        sender.sendto(b"x", ("ff02::4748", receiver.getsockname()[1], 0, index))
        return outcome(lambda: receiver.recvmsg(9, 200)[1])


@provokes("multicast_leave_zero_refused", "multicast_membership_readable")
def left_by_address() -> object:
    request = inet_pton(AF_INET6, "ff15::7:7") + struct.pack("I", if_nametoindex("lo"))
    with socket(AF_INET6, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, request)
        read = outcome(end.getsockopt, IPPROTO_IPV6, IPV6_JOIN_GROUP, 20)
        return read, outcome(end.setsockopt, IPPROTO_IPV6, IPV6_LEAVE_GROUP, request[:16] + bytes(4))
