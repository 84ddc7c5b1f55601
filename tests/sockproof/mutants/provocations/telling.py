"""Options of the socket level that no manual page has."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import struct
from socket import *
from socket import socket

from .common import *

FILTER, PEERNAME, BPF, MEMINFO, DETACH, BUF_LOCK, TXREHASH, PACING = 26, 28, 50, 55, 68, 72, 74, 47
TIMEOUT_NEW, STAMP_NEW, CBPF = 66, 63, 51


def attach(end: socket, option: int) -> None:
    code = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0xFFFF))
    end.setsockopt(SOL_SOCKET, option, struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))


@provokes("options_filter_untold", "options_filter_cut", "options_program_unchecked")
def programs() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        attach(end, FILTER)
        code = ctypes.create_string_buffer(struct.pack("=HBBI", 0x30, 0, 0, 0) + struct.pack("=HBBI", 6, 0, 0, 9))
        end.setsockopt(SOL_SOCKET, FILTER, struct.pack("HxxxxxxP", 2, ctypes.addressof(code)))
        steps, seen = ctypes.create_string_buffer(64), []
        for room in (2, 1):
            count = ctypes.c_uint32(room)
            seen.append((LIBC.getsockopt(end.fileno(), SOL_SOCKET, FILTER, steps, ctypes.byref(count)), count.value))
        return seen, outcome(end.setsockopt, SOL_SOCKET, BPF, 9999)


@provokes("options_detach_ignored", "options_detach_none")
def programs_of_a_port() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        end.bind(("127.0.0.1", 0))
        attach(end, CBPF)
        return [outcome(end.setsockopt, SOL_SOCKET, DETACH, 0) for _ in range(2)]


@provokes("options_buflock_untold", "options_buflock_unchecked", "options_txrehash_ignored", "options_pacing_cut",
          "options_timeout_newer_ignored")  # fmt: skip
def values() -> object:
    with socket() as end:
        end.setsockopt(SOL_SOCKET, SO_RCVBUF, 9999)
        seen: list[object] = [end.getsockopt(SOL_SOCKET, BUF_LOCK), outcome(end.setsockopt, SOL_SOCKET, BUF_LOCK, 4)]
        for value in (0, -1):
            outcome(end.setsockopt, SOL_SOCKET, TXREHASH, value)
        end.setsockopt(SOL_SOCKET, PACING, struct.pack("L", 5_000_000_000))
        end.setsockopt(SOL_SOCKET, TIMEOUT_NEW, struct.pack("=qq", 1, 0))
        told = [outcome(end.getsockopt, SOL_SOCKET, *one) for one in ((TXREHASH, 4), (PACING, 8), (SO_RCVTIMEO, 16))]
        return seen, told


@provokes("options_meminfo_empty", "options_meminfo_undropped", "options_stamp_newer_lost", "options_stamp_newer_older")
def memory() -> object:
    with udp() as (sender, receiver):
        receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
        receiver.setsockopt(SOL_SOCKET, STAMP_NEW, 1)
        for _ in range(20):
            sender.send(bytes(1000))
        told = struct.unpack("=9I", receiver.getsockopt(SOL_SOCKET, MEMINFO, 36))
        return told[0] > 0, told[-1] > 0, [kind for _, kind, _ in receiver.recvmsg(99, 99)[1]]


@provokes("options_peername_own")
def peer() -> object:
    with tcp() as (client, server):
        return client.getsockopt(SOL_SOCKET, PEERNAME, 16)[2:4] == struct.pack("!H", server.getsockname()[1])
