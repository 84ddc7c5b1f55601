"""The ioctls of netdevice(7): struct ifreq and struct ifconf, and what is known of an interface otherwise."""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
from socket import AF_INET
from typing import NamedTuple

from fixtures.evidence.recorder import RecordedSocket

SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFADDR, SIOCSIFADDR = (
    0x8910, 0x8912, 0x8913, 0x8914, 0x8915, 0x8916,
)  # fmt: skip
SIOCGIFBRDADDR, SIOCSIFBRDADDR, SIOCGIFNETMASK, SIOCSIFNETMASK, SIOCGIFMETRIC, SIOCSIFMETRIC = (
    0x8919, 0x891A, 0x891B, 0x891C, 0x891D, 0x891E,
)  # fmt: skip
SIOCGIFMTU, SIOCSIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN, SIOCSIFTXQLEN = (
    0x8921, 0x8922, 0x8927, 0x8933, 0x8942, 0x8943,
)  # fmt: skip
"""linux/sockios.h."""
IFF_UP, IFF_BROADCAST, IFF_LOOPBACK, IFF_RUNNING, IFF_MULTICAST = 1, 2, 8, 0x40, 0x1000
"""net/if.h."""
ARPHRD_ETHER, ARPHRD_LOOPBACK = 1, 772
"""net/if_arp.h."""
NAME, REST = 16, 24
"""Bytes of struct ifreq: the name, and what is asked for."""
REQUEST = NAME + REST
CONFIGURATION = struct.Struct("iP")
"""struct ifconf: the size of the buffer, and where it is."""


def asked(end: RecordedSocket, request: int, name: str, value: bytes = b"") -> bytes:
    """What an ioctl(2) of netdevice(7) gives behind the name. Raises OSError."""
    packed = name.encode("ascii").ljust(NAME, b"\0") + value.ljust(REST, b"\0")
    return fcntl.ioctl(end, request, packed)[NAME:]


def number(end: RecordedSocket, request: int, name: str) -> int:
    """The int that such an ioctl gives. Raises OSError."""
    answer: int = struct.unpack_from("i", asked(end, request, name))[0]
    return answer


def flags(end: RecordedSocket, name: str) -> int:
    """IFF_UP and its like. Raises OSError."""
    answer: int = struct.unpack_from("H", asked(end, SIOCGIFFLAGS, name))[0]
    return answer


def name_of(end: RecordedSocket, index: int) -> str:
    """The name of the interface with that index. Raises OSError."""
    packed = bytes(NAME) + struct.pack("i", index).ljust(REST, b"\0")
    return fcntl.ioctl(end, SIOCGIFNAME, packed)[:NAME].rstrip(b"\0").decode("ascii")


def inet(host: str) -> bytes:
    """A struct sockaddr_in without a port."""
    return struct.pack("HH4s8x", AF_INET, 0, socket.inet_aton(host))


def address(end: RecordedSocket, request: int, name: str) -> str:
    """The address of IPv4 that such an ioctl gives. Raises OSError."""
    family, host = struct.unpack_from("H2x4s", asked(end, request, name))
    assert family == AF_INET, family
    return socket.inet_ntoa(host)


class Listed(NamedTuple):
    """One address of SIOCGIFCONF."""

    name: str
    host: str


def listed(end: RecordedSocket, room: int) -> tuple[int, list[Listed]]:
    """The size that SIOCGIFCONF gives back, and the addresses that fit into `room` bytes. Raises OSError."""
    buffer = ctypes.create_string_buffer(max(room, 1))
    answer = fcntl.ioctl(end, SIOCGIFCONF, CONFIGURATION.pack(room, ctypes.addressof(buffer)))
    size = CONFIGURATION.unpack(answer)[0]
    found = [buffer.raw[at : at + REQUEST] for at in range(0, min(size, room), REQUEST)]
    return size, [
        Listed(each[:NAME].rstrip(b"\0").decode("ascii"), socket.inet_ntoa(each[NAME + 4 : NAME + 8])) for each in found
    ]


def size_needed(end: RecordedSocket) -> int:
    """What SIOCGIFCONF says without a buffer. Raises OSError."""
    answer = fcntl.ioctl(end, SIOCGIFCONF, CONFIGURATION.pack(0, 0))
    needed: int = CONFIGURATION.unpack(answer)[0]
    return needed
