"""Names of sockets without ports of their own, and what is told of interfaces."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import contextlib
from pathlib import Path
from socket import *
from socket import socket

from .common import *


def name(end: socket, call: Callable[..., int]) -> object:
    """The bytes that a call writes, and the length that it tells."""
    room, length = ctypes.create_string_buffer(b"\xff" * 64, 64), ctypes.c_uint32(64)
    if call(end.fileno(), room, ctypes.byref(length)) < 0:
        return errno.errorcode[ctypes.get_errno()]
    return room.raw[: length.value]


@provokes("names_packet_as_zero", "names_packet_hardware_wrong", "names_packet_first_interface",
          "names_packet_has_peer")  # fmt: skip
def of_packets() -> object:
    with socket(AF_PACKET, SOCK_RAW, 0) as end, socket(AF_PACKET, SOCK_RAW, 0) as unbound:
        end.bind(("lo", 0x88B5))
        return name(end, LIBC.getsockname), name(unbound, LIBC.getsockname), name(end, LIBC.getpeername)


@provokes("names_ping_port_zero", "names_ping_peer_never")
def of_echoes() -> object:
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    with socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) as end:
        end.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        end.bind(("127.0.0.1", 4321))
        end.connect(("127.0.0.1", 7))
        return name(end, LIBC.getsockname), name(end, LIBC.getpeername)


@provokes("names_raw_port_zero", "names_raw_peer_always")
def of_packets_of_a_protocol() -> object:
    with socket(AF_INET, SOCK_RAW, 200) as end:
        end.bind(("127.0.0.1", 0))
        end.connect(("127.0.0.1", 0))
        return name(end, LIBC.getsockname), name(end, LIBC.getpeername) == "ENOTCONN"


@provokes("names_rest_kept")
def of_datagrams() -> object:
    with socket(AF_INET, SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 4321))
        return name(end, LIBC.getsockname)


@provokes("lookup_index_as_enxio", "lookup_index_other", "lookup_interface_invented")
def of_interfaces() -> object:
    room = ctypes.create_string_buffer(16)
    LIBC.if_indextoname.restype = ctypes.c_char_p
    return (
        LIBC.if_nametoindex(b"nobody0"), ctypes.get_errno(), LIBC.if_nametoindex(b"lo"),
        LIBC.if_indextoname(9999, room),
    )  # fmt: skip


@provokes("lookup_mask_host", "lookup_broadcast_all")
def of_addresses() -> object:
    """The first twenty bytes of masks and of the addresses of all hosts, of IPv4."""
    head, seen = ctypes.c_void_p(), []
    LIBC.getifaddrs(ctypes.byref(head))
    at = head.value
    while at:
        following, _, flags, address, mask, other, _ = struct.unpack("PPI4xPPPP", ctypes.string_at(at, 56))
        if address and ctypes.string_at(address, 2) == struct.pack("=H", AF_INET):
            seen.append((ctypes.string_at(mask, 8), other and flags & 2 and ctypes.string_at(other, 8)))
        at = following
    return seen


@provokes("ping_group_far", "ping_group_lost", "ping_bind_group")
def of_groups() -> object:
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    with socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) as end:
        bound = outcome(end.bind, ("224.0.0.1", 0))
        end.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, inet_aton("10.87.0.1"))
        before = sent()
        outcome(end.sendto, struct.pack("!BBHHH", 8, 0, 0, 0, 0), ("224.0.0.1", 0))
        return bound, end.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL), sent() - before


def sent() -> int:
    """How many messages of ICMP this namespace has sent."""
    lines = Path("/proc/thread-self/net/snmp").read_text().splitlines()
    head, row = (line.split() for line in lines if "Icmp:" in line)
    return int(row[head.index("OutMsgs")])
