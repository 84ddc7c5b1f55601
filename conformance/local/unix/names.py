"""Names of UNIX sockets, the servers that have them, and the calls that Python's sockets do not make."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM
from sys import byteorder

import pytest

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import unix
from fixtures.stage.peers import Peers

LONGEST = 108
"""Bytes of sun_path (unix(7))."""
WHOLE = 2 + LONGEST
"""Bytes of struct sockaddr_un."""
FAMILY = AF_UNIX.to_bytes(2, byteorder)
"""sun_family, in the byte order of the host."""
_libc = ctypes.CDLL(None, use_errno=True)

kinds = pytest.mark.parametrize(
    "kind", [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET], ids=["stream", "datagram", "seqpacket"]
)
"""Runs a scenario once for each type of UNIX socket."""
connected_kinds = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_SEQPACKET], ids=["stream", "seqpacket"])
"""Runs a scenario once for each type that has connections."""

Name = str | bytes | Path


def new(peers: Peers, kind: int = SOCK_STREAM, *, lane: str = "client") -> RecordedSocket:
    """A UNIX socket without a name."""
    return peers.socket(lane, AF_UNIX, kind)


def serving(peers: Peers, name: Name, kind: int = SOCK_STREAM, *, lane: str = "listener") -> RecordedSocket:
    """A socket bound to `name`, that listens if its type has connections. Without one it is bound to any."""
    end = new(peers, kind, lane=lane)
    end.bind(_plain(name) or unix.address())
    if kind != SOCK_DGRAM:
        end.listen(8)
    return end


def calling(peers: Peers, name: Name, kind: int = SOCK_STREAM, *, lane: str = "client") -> RecordedSocket:
    """A socket that is connected to `name`. Raises OSError where it cannot be."""
    end = new(peers, kind, lane=lane)
    end.connect(_plain(name))
    return end


def _plain(name: Name) -> str | bytes:
    return str(name) if isinstance(name, Path) else name


def sockaddr_un(path: bytes) -> bytes:
    """A whole struct sockaddr_un: the path cut to what has room, as strncpy(3) with one byte less would."""
    cut = path[: LONGEST - 1].ljust(LONGEST, b"\0")
    return FAMILY + cut


def bind_raw(end: RecordedSocket, address: bytes) -> None:
    """bind(2) with exactly these bytes. Raises OSError."""
    end.noted("bind", (address,), lambda: _checked(_libc.bind(end.fileno(), address, len(address))))


def name_of(end: RecordedSocket) -> tuple[bytes, int]:
    """The bytes that getsockname(2) writes, and the length that it gives back."""
    room = ctypes.create_string_buffer(256)
    length = ctypes.c_uint(len(room))
    _checked(_libc.getsockname(end.fileno(), room, ctypes.byref(length)))
    return room.raw[: length.value], length.value


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def become(user: int) -> None:
    """Makes the calling process one of `user`, without groups; for children. Raises OSError."""
    with suppress(PermissionError):  # a user namespace may forbid it, and then the groups are none of the owner's
        os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def shown_names() -> list[str]:
    """The names of /proc/net/unix, abstract ones with ``@`` in place of the null byte (proc(5))."""
    lines = Path("/proc/thread-self/net/unix").read_text("utf-8", "replace").splitlines()[1:]
    return [fields[7] for line in lines if len(fields := line.split(maxsplit=7)) > 7]
