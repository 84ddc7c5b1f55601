"""What one call is told, and its sibling is not: names, options, events, tables of /proc."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import struct
from pathlib import Path
from socket import *
from socket import socket, socketpair

from .common import *

F_SETSIG, F_GETSIG, FIOSETOWN, FIOGETOWN, SO_MEMINFO, POLLWRBAND = 10, 11, 0x8901, 0x8903, 55, 0x200
SO_ATTACH_FILTER = 26


@provokes("accept_length_alone_written")
def length_alone() -> object:
    length = ctypes.c_uint(5)
    with listening() as listener, create_connection(listener.getsockname()):
        os.close(LIBC.accept(listener.fileno(), None, ctypes.byref(length)))
    return length.value


@provokes("names_longer_refused")
def address_in_all_the_room() -> object:
    address = (struct.pack("=H", AF_INET) + bytes(2) + inet_aton("127.0.0.1")).ljust(128, b"\0")
    with socket(AF_INET, SOCK_DGRAM) as end:
        return LIBC.bind(end.fileno(), address, len(address))


@provokes("unix_name_length_cut")
def name_in_little_room() -> object:
    length, name = ctypes.c_uint(3), ctypes.create_string_buffer(64)
    with socket(AF_UNIX, SOCK_DGRAM) as end:
        end.bind("")
        LIBC.getsockname(end.fileno(), name, ctypes.byref(length))
    return length.value


@provokes("owners_group_by_ioctl_ignored", "owners_signal_zero_ignored")
def owner_and_signal() -> object:
    with socket(AF_INET, SOCK_STREAM) as end:
        fcntl.ioctl(end, FIOSETOWN, struct.pack("i", -os.getpgrp()))
        fcntl.fcntl(end, F_SETSIG, signal.SIGRTMIN)
        fcntl.fcntl(end, F_SETSIG, 0)
        told = struct.unpack("i", fcntl.ioctl(end, FIOGETOWN, bytes(4)))
        return told == (-os.getpgrp(),), fcntl.fcntl(end, F_GETSIG)


@provokes("poll_band_unix_missing", "poll_band_tcp_told")
def bands() -> object:
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    with left, right, tcp() as (client, _):
        return poll_bits(left, POLLWRBAND, 0), poll_bits(client, POLLWRBAND | select.POLLOUT, 0)


@provokes("values_no_hops_refused", "values_reuse_connected_refused", "values_header_taken", "values_udp_short_taken")
def settings_here_and_there() -> object:
    with socket(AF_INET6, SOCK_DGRAM) as six, socket(AF_INET, SOCK_DGRAM) as end, tcp() as (client, _):
        return [
            outcome(six.setsockopt, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0),
            outcome(client.setsockopt, SOL_SOCKET, SO_REUSEADDR, 1),
            outcome(end.setsockopt, IPPROTO_IP, IP_HDRINCL, 1),
            outcome(end.setsockopt, IPPROTO_UDP, 1, b"\1\0"),
        ]


@provokes("values_byte_length_of_room", "values_class_uncongested", "state_info_length_of_room")
def lengths_and_bits() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end, tcp() as (client, _):
        end.setsockopt(IPPROTO_IP, IP_TOS, 0xFF)
        info = client.getsockopt(IPPROTO_TCP, TCP_INFO, 1024)
        return len(end.getsockopt(IPPROTO_IP, IP_TTL, 2)), end.getsockopt(IPPROTO_IP, IP_TOS), len(info)


@provokes("state_info_disordered", "state_info_rcv_mss_none")
def measures() -> object:
    with tcp() as (client, _):
        info = client.getsockopt(IPPROTO_TCP, TCP_INFO, 104)
        return info[1], struct.unpack_from("I", info, 20)[0] > 0


def memory_of(end: socket) -> tuple[int, ...]:
    return struct.unpack("9I", end.getsockopt(SOL_SOCKET, SO_MEMINFO, 36))


@provokes(
    "values_memory_backlog_some", "values_memory_options_none", "values_memory_queued_none", "values_memory_sent_none"
)
def memory() -> object:
    code = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0xFFFF))
    left, right = socketpair(AF_UNIX, SOCK_STREAM)
    with left, right, tcp() as (client, _), socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))
        left.send(bytes(1000))
        fill(client)
        sent, queued, kept = memory_of(left)[2], memory_of(client)[5], memory_of(end)[6]
        return sent > 0, queued > 0, kept > 0, memory_of(end)[7]


@provokes("told_column_lost", "told_column_queues", "told_column_remote")
def columns() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
        for _ in range(20):
            sender.send(bytes(1000))
        rows = [line.split() for line in Path("/proc/thread-self/net/udp").read_text("ascii").splitlines()[1:]]
        mine = {str(os.fstat(end.fileno()).st_ino): end for end in (sender, receiver)}
        return sorted(
            (row[2] == "00000000:0000", row[4] == "00000000:00000000", int(row[12]) == 0)
            for row in rows if row[9] in mine
        )  # fmt: skip
