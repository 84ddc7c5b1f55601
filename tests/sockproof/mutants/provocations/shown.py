"""What is told of UNIX sockets: sock_diag(7), /proc, ioctl(2)."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from socket import *
from socket import socket, socketpair

from .common import *
from .local import abstract, drop_capabilities, folder, local, rights, served, told

INQ, OUTQ, ATMARK, UNIXFILE = 0x541B, 0x5411, 0x8905, 0x89E0
NOBODYS, ANY = 0xFFFFFFF0, 0xFFFFFFFF


def number(end: socket, request: int) -> object:
    try:
        return struct.unpack("i", fcntl.ioctl(end, request, bytes(4)))[0]
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def shown(inode: int, what: int, *, cookie: int = ANY, states: int = 0) -> list[bytes]:
    """The messages of sock_diag(7) without their numbers."""
    body = struct.pack("=BBxxIIIII", AF_UNIX, 0, states, inode, what, cookie, cookie)
    with socket(AF_NETLINK, SOCK_RAW, 4) as asking:
        asking.send(struct.pack("=IHHII", 16 + len(body), 20, 0x301 if states else 1, 1, 0) + body)
        data, found = asking.recv(1 << 16), []
    while len(data) >= 16:
        size = struct.unpack_from("=I", data)[0]
        found.append(data[16:size])
        data = data[(size + 3) & ~3 :]
    return found


def inode(end: socket) -> int:
    return os.fstat(end.fileno()).st_ino


@provokes("shown_diag_file", "shown_diag_device", "shown_diag_type", "shown_diag_state", "shown_diag_shutdown",
          "shown_diag_queue", "shown_diag_backlog", "shown_diag_waiting", "shown_request_everything")  # fmt: skip
def listener_by_diag() -> object:
    with folder() as place, served(f"{place}/name") as end, local() as client:
        client.connect(end.getsockname())
        about = os.stat(place / "name")
        file, waiting, length = (shown(inode(end), what)[0] for what in (2, 8, 16))
        nothing = shown(inode(client), 0)[0]
        return (
            nothing[1:3], nothing[16:], file[20:24] == struct.pack("=I", about.st_ino & 0xFFFFFFFF),
            file[24] == os.minor(about.st_dev) & 0xFF,
            waiting[20:24] == struct.pack("=I", inode(client)), length[20:28],
        )  # fmt: skip


@provokes("shown_diag_name", "shown_diag_peer")
def pair_by_diag() -> object:
    left, right = socketpair()
    with left, right, served(abstract("shown")) as end:
        named, peered = shown(inode(end), 1)[0], shown(inode(left), 4)[0]
        return f"{os.getpid()}shown".encode() in named, peered[20:24] == struct.pack("=I", inode(right))


@provokes("shown_diag_nobody", "shown_request_cookie", "shown_request_states")
def questions_to_diag() -> object:
    left, right = socketpair()
    with left, right:
        wrong = [shown(NOBODYS, 0), shown(inode(left), 0, cookie=1)]
        listed = [each for each in shown(0, 0, states=1 << 10) if each[4:8] == inode(left).to_bytes(4, "little")]
        return [each[0][:4] for each in wrong], len(listed)


@provokes("shown_table_flags", "shown_table_type", "shown_table_state", "shown_table_null", "shown_fdinfo_none")
def proc_of_unix_sockets() -> object:
    name = abstract("rows") + b"\0\0end"
    left, right = socketpair()
    with left, right, served(name) as end:
        left.sendmsg([b"x"], rights(0))
        lines = Path("/proc/self/net/unix").read_bytes().splitlines()
        rows = [line.split()[3:6] for line in lines if line.split()[6:7] in ([b"%d" % inode(e)] for e in (left, end))]
        info = os.open(f"/proc/self/fdinfo/{right.fileno()}", os.O_RDONLY)
        counted = [line for line in os.read(info, 4096).splitlines() if line.startswith(b"scm_fds")]
        os.close(info)
        return sorted(rows), any(b"@@end" in line for line in lines), counted


@provokes("shown_unread_datagram", "shown_unread_less", "shown_unread_listener", "shown_unsent_one",
          "shown_mark_reversed", "shown_mark_records")  # fmt: skip
def numbers_of_unix_sockets() -> object:
    seen = []
    for kind in (SOCK_STREAM, SOCK_DGRAM):
        left, right = socketpair(AF_UNIX, kind)
        with left, right:
            left.send(b"xyz")
            seen += [number(right, INQ), number(right, OUTQ), number(right, ATMARK)]
    with served(abstract("none")) as end:
        return seen, number(end, INQ)


@provokes("shown_file_other", "shown_file_abstract", "shown_file_anybody")
def files_of_unix_sockets() -> object:
    with folder() as place, served(f"{place}/name") as end, served(abstract("nowhere")) as nowhere:

        def ask(asked: socket) -> object:
            try:
                opened = fcntl.ioctl(asked, UNIXFILE)
            except OSError as error:
                return errno.errorcode[error.errno or 0]
            same = os.path.samestat(os.fstat(opened), os.stat(place / "name"))
            os.close(opened)
            return same

        return ask(end), ask(nowhere), told(lambda: (drop_capabilities(), ask(end))[1])
