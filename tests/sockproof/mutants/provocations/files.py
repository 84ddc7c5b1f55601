"""Sockets as files, and what is asked of interfaces."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import struct
from socket import *
from socket import socketpair

from .common import *
from .local import folder, local, served

LOOPBACK = b"lo".ljust(16, b"\0")
LIBC.mmap.restype = ctypes.c_void_p


def answer(call: object, *arguments: object) -> object:
    """The result of a C call, or the name of its errno."""
    result = call(*arguments)  # type: ignore[operator]
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result


@provokes(
    "file_seek_allowed", "file_positioned_read", "file_positioned_written", "file_sync_succeeds", "file_length_set",
    "file_space_allocated", "file_directory_entered", "file_minus_one",
)  # fmt: skip
def file_calls_on_a_socket() -> object:
    left, right = socketpair()
    with left, right:
        left.send(b"abc")
        number, room = right.fileno(), ctypes.create_string_buffer(10)
        vector = struct.pack("PN", ctypes.addressof(room), 1)
        return [
            answer(LIBC.lseek, number, 0, 0), answer(LIBC.pread, number, room, 1, 0), answer(LIBC.fsync, number),
            answer(LIBC.pwrite, number, room, 1, 0), answer(LIBC.ftruncate, number, 0),
            answer(LIBC.fallocate, number, 0, 0, 1), answer(LIBC.fchdir, number),
            answer(LIBC.preadv2, number, vector, 1, ctypes.c_long(-1), 0),
        ]  # fmt: skip


@provokes("file_terminal_invalid", "file_map_anonymous")
def terminal_and_memory() -> object:
    left, right = socketpair()
    with left, right:
        terminal = (LIBC.isatty(left.fileno()), errno.errorcode[ctypes.get_errno()])
        at = LIBC.mmap(None, mmap.PAGESIZE, 3, mmap.MAP_SHARED, left.fileno(), ctypes.c_long(0))
        return terminal, at == ctypes.c_void_p(-1).value


@provokes("file_type_pipe", "file_inode_one", "file_mode_shared", "file_open_enoent")
def socket_by_fstat() -> object:
    with folder() as place, served(f"{place}/name") as end, local() as other:
        os.chmod(place / "name", 0o600)
        one, two = os.fstat(end.fileno()), os.fstat(other.fileno())
        return oct(one.st_mode), one.st_ino == two.st_ino, outcome(os.open, place / "name", os.O_RDWR)


def asked(end: socket, request: int, name: bytes = LOOPBACK, value: bytes = b"") -> object:
    try:
        return fcntl.ioctl(end, request, name + value.ljust(24, b"\0"))
    except OSError as error:
        return errno.errorcode[error.errno or 0]


@provokes(
    "interface_index_other", "interface_flags_down", "interface_flags_kind", "interface_address_other",
    "interface_netmask_other", "interface_broadcast_other", "interface_mtu_other", "interface_hardware_type",
    "interface_hardware_other", "interface_metric_one", "interface_queue_other", "interface_nobody_known",
    "interface_metric_set", "interface_name_other", "interface_list_needs_more", "interface_address_anywhere",
)  # fmt: skip
def asking_of_loopback() -> object:
    requests = 0x8933, 0x8913, 0x8915, 0x891B, 0x8919, 0x8921, 0x8927, 0x891D, 0x8942, 0x891E
    with socket(AF_INET, SOCK_DGRAM) as end, local() as other:
        seen = [asked(end, request) for request in requests]
        seen.append(asked(other, 0x8915))
        seen.append(asked(end, 0x8913, b"nobody".ljust(16, b"\0")))
        seen.append(asked(end, 0x8910, bytes(16), struct.pack("i", 1)))
        return seen, fcntl.ioctl(end, 0x8912, struct.pack("iP", 0, 0))
