"""Every call that takes a descriptor, with arguments that are right but for that."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from ctypes import byref, c_int, create_string_buffer
from functools import partial
from select import EPOLLIN
from socket import AF_INET, SHUT_RDWR, SO_KEEPALIVE, SOL_SOCKET

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.outcomes import Cases
from conformance.programs.arguments.strangers import Strangers

FIONREAD, SIOCATMARK, SIOCOUTQ = 0x541B, 0x8905, 0x5411
EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD = 1, 2, 3
NAME = struct.pack("=HHI8x", AF_INET, 0x0F00, 0x0100007F)
"""A struct sockaddr_in of the host itself."""
EVENT = struct.pack("=IQ", EPOLLIN, 0) + bytes(4)
"""A struct epoll_event, and room where it is not packed."""
_room, _number = create_string_buffer(4096), create_string_buffer(4)
_header = create_string_buffer(128)
"""A message of no bytes: struct mmsghdr, all zero."""

Row = Callable[[int, Strangers], int]


def _length() -> object:
    return byref(c_int(128))


SOCKET_CALLS: dict[str, Row] = {
    "accept": lambda fd, _: called("accept", fd, None, None),
    "accept4": lambda fd, _: called("accept4", fd, None, None, 0),
    "bind": lambda fd, _: called("bind", fd, NAME, len(NAME)),
    "connect": lambda fd, _: called("connect", fd, NAME, len(NAME)),
    "getpeername": lambda fd, _: called("getpeername", fd, _room, _length()),
    "getsockname": lambda fd, _: called("getsockname", fd, _room, _length()),
    "getsockopt": lambda fd, _: called("getsockopt", fd, SOL_SOCKET, SO_KEEPALIVE, _number, _length()),
    "listen": lambda fd, _: called("listen", fd, 1),
    "recv": lambda fd, _: called("recv", fd, _room, 1, 0),
    "recvfrom": lambda fd, _: called("recvfrom", fd, _room, 1, 0, None, None),
    "recvmmsg": lambda fd, _: called("recvmmsg", fd, _header, 1, 0, None),
    "recvmsg": lambda fd, _: called("recvmsg", fd, _header, 0),
    "send": lambda fd, _: called("send", fd, b"x", 1, 0),
    "sendmmsg": lambda fd, _: called("sendmmsg", fd, _header, 1, 0),
    "sendmsg": lambda fd, _: called("sendmsg", fd, _header, 0),
    "sendto": lambda fd, _: called("sendto", fd, b"x", 1, 0, NAME, len(NAME)),
    "setsockopt": lambda fd, _: called("setsockopt", fd, SOL_SOCKET, SO_KEEPALIVE, _number, 4),
    "shutdown": lambda fd, _: called("shutdown", fd, SHUT_RDWR),
}  # fmt: skip
"""Calls on sockets only."""
FILE_CALLS: dict[str, Row] = {
    "epoll_ctl by": lambda fd, _: called("epoll_ctl", fd, EPOLL_CTL_ADD, 0, EVENT),
    "epoll_ctl of": lambda fd, them: called("epoll_ctl", them.epoll, EPOLL_CTL_ADD, fd, EVENT),
    "epoll_wait": lambda fd, _: called("epoll_wait", fd, _room, 1, 0),
    "ioctl FIONREAD": lambda fd, _: called("ioctl", fd, FIONREAD, _number),
    "ioctl SIOCATMARK": lambda fd, _: called("ioctl", fd, SIOCATMARK, _number),
    "ioctl SIOCOUTQ": lambda fd, _: called("ioctl", fd, SIOCOUTQ, _number),
    "read": lambda fd, _: called("read", fd, _room, 1),
    "readv": lambda fd, _: called("readv", fd, _header, 1),
    "sendfile from": lambda fd, them: called("sendfile", them.writing, fd, None, 1),
    "sendfile to": lambda fd, them: called("sendfile", fd, them.file, None, 1),
    "splice from": lambda fd, them: called("splice", fd, None, them.writing, None, 1, 0),
    "splice to": lambda fd, them: called("splice", them.reading, None, fd, None, 1, 0),
    "write": lambda fd, _: called("write", fd, b"x", 1),
    "writev": lambda fd, _: called("writev", fd, _header, 1),
}  # fmt: skip
"""Calls on sockets and on other files."""
SOCKET_GROUPS = {
    "connections": ("accept", "accept4", "bind", "connect", "listen", "shutdown"),
    "names-and-options": ("getpeername", "getsockname", "getsockopt", "setsockopt"),
    "receiving": ("recv", "recvfrom", "recvmmsg", "recvmsg"),
    "sending": ("send", "sendmmsg", "sendmsg", "sendto"),
}  # fmt: skip
FILE_GROUPS = {
    "epoll": ("epoll_ctl by", "epoll_ctl of", "epoll_wait"),
    "ioctl": ("ioctl FIONREAD", "ioctl SIOCATMARK", "ioctl SIOCOUTQ"),
    "reading": ("read", "readv", "sendfile from", "splice from"),
    "writing": ("sendfile to", "splice to", "write", "writev"),
}  # fmt: skip
"""The names of the calls, by what they are about: a scenario tries those of a group."""


def on_each(group: tuple[str, ...], them: Strangers, descriptors: Mapping[str, int]) -> Cases:
    """Each call of the group on each of the `descriptors`."""
    calls = {**SOCKET_CALLS, **FILE_CALLS}
    return {
        f"{name} of {what}": partial(calls[name], number, them)
        for name in group
        for what, number in descriptors.items()
    }
