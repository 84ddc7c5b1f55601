"""Lists of sources of a group, on loopback."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from socket import *
from socket import socket

from .common import *

IP_MSFILTER, BLOCK, UNBLOCK, JOIN, LEAVE, LISTED, INCLUDE, EXCLUDE = 41, 43, 44, 46, 47, 48, 1, 0
FIRST, SECOND, THIRD = "10.9.9.1", "10.9.9.2", "10.9.9.3"


def storage(host: str) -> bytes:
    return (struct.pack("=HH", AF_INET, 0) + inet_aton(host)).ljust(128, b"\0")


def source(host: str) -> bytes:
    return struct.pack("=I4x", 1) + storage(GROUP) + storage(host)


def listed(mode: int, *hosts: str) -> bytes:
    return (
        struct.pack("=I4x", 1) + storage(GROUP) + struct.pack("=II", mode, len(hosts)) + b"".join(map(storage, hosts))
    )


def told(end: socket, room: int = 8) -> object:
    """Mode, number and length of the list of the group."""
    head = struct.pack("=I4x", 1) + storage(GROUP) + struct.pack("=II", 0, room)
    value, length = ctypes.create_string_buffer(head, len(head) + 128 * room), ctypes.c_uint32(len(head) + 128 * room)
    if LIBC.getsockopt(end.fileno(), IPPROTO_IP, LISTED, value, ctypes.byref(length)) < 0:
        return errno.errorcode[ctypes.get_errno()]
    return *struct.unpack_from("=II", value.raw, 136), length.value


@contextlib.contextmanager
def member() -> Iterator[socket]:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton(GROUP) + bytes(4) + struct.pack("i", 1))
        yield end


@provokes("multicast_list_ignored", "multicast_list_mode_reversed", "multicast_list_counts_told",
          "multicast_list_mode_kept", "multicast_list_nobody_kept", "multicast_list_unchecked")  # fmt: skip
def whole_lists() -> object:
    with member() as end:
        seen = []
        for value in (listed(INCLUDE, FIRST, SECOND), listed(7, FIRST), listed(EXCLUDE, THIRD), listed(INCLUDE)):
            seen.append((outcome(end.setsockopt, IPPROTO_IP, LISTED, value), told(end, 1)))
        return seen


@provokes("multicast_list_stays")
def joined_again() -> object:
    group = inet_aton(GROUP) + inet_aton("127.0.0.1")
    with member() as end:
        end.setsockopt(IPPROTO_IP, IP_MSFILTER, group + struct.pack("=II", INCLUDE, 1) + inet_aton(FIRST))
        for option in (IP_DROP_MEMBERSHIP, IP_ADD_MEMBERSHIP):
            end.setsockopt(IPPROTO_IP, option, group)
        return told(end)


@provokes("multicast_sources_one_alone", "multicast_sources_unchecked")
def blocked() -> object:
    with member() as end:
        seen = [outcome(end.setsockopt, IPPROTO_IP, BLOCK, source(host)) for host in (FIRST, SECOND, SECOND)]
        return seen, told(end)


@provokes("multicast_sources_modes_mixed", "multicast_sources_last_kept", "multicast_sources_unlimited")
def joined_one_by_one() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        before = outcome(end.setsockopt, IPPROTO_IP, BLOCK, source(FIRST))
        joined = [outcome(end.setsockopt, IPPROTO_IP, JOIN, source(f"10.9.9.{at}")) for at in range(100)]
        left = [outcome(end.setsockopt, IPPROTO_IP, LEAVE, source(f"10.9.9.{at}")) for at in range(100)]
        return before, joined[-1], left[0], told(end)
