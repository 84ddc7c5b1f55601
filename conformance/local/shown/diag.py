"""UNIX sockets as sock_diag(7) shows them: one by its inode, or all in some states."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EAFNOSUPPORT, ENOENT, EPROTONOSUPPORT, errorcode

from fixtures.evidence import netlink
from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.rtnetlink import attributes

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20
REQUEST = struct.Struct("=BBxxIIIII")
"""struct unix_diag_req: family, protocol, states, inode, what to show, and two halves of a cookie."""
MESSAGE = struct.Struct("=BBBxIII")
"""struct unix_diag_msg: family, type, state, inode, and the halves of the cookie."""
NAME, VFS, PEER, ICONS, RQLEN, MEMINFO = (1 << bit for bit in range(6))
"""What to show: UDIAG_SHOW_NAME and its like; the attributes are numbered by the bits."""
SHUTDOWN = 6
"""The attribute that nobody has to ask for."""
ESTABLISHED, LISTEN = 1, 10
"""TCP_ESTABLISHED and TCP_LISTEN of net/tcp_states.h."""
ANY_COOKIE = 0xFFFFFFFF
EVERYTHING = NAME | VFS | PEER | ICONS | RQLEN | MEMINFO


@dataclass(frozen=True)
class Shown:
    """One socket, and the attributes by their numbers."""

    kind: int
    state: int
    inode: int
    cookie: tuple[int, int]
    attributes: dict[int, bytes]

    def numbers(self, flag: int) -> list[int]:
        """An attribute that consists of 32-bit numbers, by the flag that asks for it."""
        content = self.attributes[flag.bit_length() - 1]
        return [number for (number,) in struct.iter_unpack("=I", content)]


def inode_of(end: RecordedSocket) -> int:
    """By which number sock_diag(7) and /proc know a socket."""
    return os.fstat(end.fileno()).st_ino


def shown(
    inode: int, what: int = EVERYTHING, *, cookie: tuple[int, int] = (ANY_COOKIE, ANY_COOKIE)
) -> Shown:  # fmt: skip
    """The socket with that inode. Raises OSError, and Unavailable where UNIX sockets are not shown."""
    return next(_asked(REQUEST.pack(socket.AF_UNIX, 0, 0, inode, what, *cookie), 0))


def every(states: int, what: int = 0) -> list[Shown]:
    """All sockets of the namespace in those states, a bit mask. Raises as `shown`."""
    return list(_asked(REQUEST.pack(socket.AF_UNIX, 0, states, 0, what, 0, 0), netlink.NLM_F_DUMP))


def needs_diag() -> None:
    """Raises Unavailable where UNIX sockets are not shown."""
    every(1 << LISTEN)


def _asked(body: bytes, flags: int) -> Iterator[Shown]:
    try:
        with netlink.open_netlink(NETLINK_SOCK_DIAG) as opened:
            opened.send(netlink.request(SOCK_DIAG_BY_FAMILY, flags, 1, body))
            for kind, answer in netlink.messages(opened):
                if kind == netlink.NLMSG_DONE:
                    return
                if kind == netlink.NLMSG_ERROR and (error := netlink.error_in(answer, "sock_diag")) is not None:
                    raise error
                yield _parsed(answer)
                if not flags:
                    return
    except OSError as error:
        absent = {EPROTONOSUPPORT, EAFNOSUPPORT, *([ENOENT] if flags else [])}
        if error.errno not in absent:
            raise
        reason = f"sock_diag(7) of UNIX sockets: {errorcode[error.errno or 0]}"
        raise Unavailable(reason, verdict="unsupported") from error


def _parsed(answer: bytes) -> Shown:
    _, kind, state, inode, *cookie = MESSAGE.unpack_from(answer)
    return Shown(kind, state, inode, (cookie[0], cookie[1]), dict(attributes(answer[MESSAGE.size :])))
