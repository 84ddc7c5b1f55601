"""Flow labels that sockets take, and those that the kernel makes (linux/in6.h)."""

from __future__ import annotations

import ctypes
import socket
import struct
from socket import IPPROTO_IPV6
from typing import NamedTuple

from conformance.network.control.messages import ANYONE, IPV6_FLOWLABEL_MGR, LABEL
from fixtures.evidence.libc import checked
from fixtures.evidence.recorder import RecordedSocket

IPV6_AUTOFLOWLABEL = 70
GET, PUT, RENEW = 0, 1, 2
CREATE, ONLY_NEW, REFLECT, REMOTE = 1, 2, 4, 8
"""Actions and flags of a request (linux/in6.h, IPV6_FL_A_ and IPV6_FL_F_)."""
_REQUEST = struct.Struct("16s4sBBHHHI")
"""struct in6_flowlabel_req without its padding: address, label, action, share, flags, expires, linger."""
_libc = ctypes.CDLL(None, use_errno=True)


class Lease(NamedTuple):
    """What a socket has of its label: the label, for whom it is, and to whom it sends with it."""

    label: int
    share: int
    host: str


def request(
    end: RecordedSocket, action: int, *, host: str = "::1", label: int = LABEL, share: int = ANYONE, flags: int = 0
) -> int:
    """Asks the kernel for a label, gives it back, or keeps it for longer; the label, as the kernel left it there.

    Raises OSError.
    """
    address = socket.inet_pton(socket.AF_INET6, host)
    asked = bytearray(_REQUEST.pack(address, label.to_bytes(4, "big"), action, share, flags, 0, 0, 0))
    end.setsockopt(IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, asked)
    return int.from_bytes(asked[16:20], "big")


def lease(end: RecordedSocket, flags: int = 0) -> Lease:
    """The label with which the socket sends, or with `REMOTE` the one with which its peer does. Raises OSError."""
    value = ctypes.create_string_buffer(_REQUEST.pack(bytes(16), bytes(4), GET, 0, flags, 0, 0, 0), _REQUEST.size)
    length = ctypes.c_uint32(_REQUEST.size)
    checked(_libc.getsockopt(end.fileno(), IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, value, ctypes.byref(length)))
    host, label, _, share, *_ = _REQUEST.unpack(value.raw)
    return Lease(int.from_bytes(label, "big"), share, socket.inet_ntop(socket.AF_INET6, host))


def label_sent(end: RecordedSocket) -> list[int]:
    """The flow labels of the headers that a receiver with IPV6_FLOWINFO is told of its next datagram."""
    _, ancillary, _, _ = end.recvmsg(99, 99)
    return [int.from_bytes(content, "big") & 0xFFFFF for _, kind, content in ancillary if kind == 11]
