"""Control messages and options of IP that are about one packet, of both families."""

from __future__ import annotations

import socket
import struct
from socket import IPPROTO_IP, IPPROTO_IPV6, SOCK_DGRAM

from fixtures.evidence.recorder import RecordedSocket
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers

IP_PKTINFO, IPV6_PKTINFO, IP_RECVOPTS, IP_RETOPTS, IP_RECVORIGDSTADDR, IPV6_RECVORIGDSTADDR = 8, 50, 6, 7, 20, 74
IPV6_RECVHOPOPTS, IPV6_HOPOPTS, IPV6_RECVDSTOPTS, IPV6_DSTOPTS, IPV6_RECVRTHDR, IPV6_RTHDR = 53, 54, 58, 59, 56, 57
IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND, IPV6_FLOWINFO, IPV6_ADDRFORM, IPV6_MTU = 32, 33, 11, 1, 24
"""linux/in.h, linux/in6.h."""
ORIGINAL = {"ip4": (IPPROTO_IP, IP_RECVORIGDSTADDR), "ip6": (IPPROTO_IPV6, IPV6_RECVORIGDSTADDR)}
PADDING = b"\0\0\1\4\0\0\0\0"
"""An extension header of options that says nothing: PadN of four bytes (RFC 8200 4.2)."""
EXTENSIONS = {
    "hop-by-hop": (IPV6_RECVHOPOPTS, IPV6_HOPOPTS, PADDING),
    "destination": (IPV6_RECVDSTOPTS, IPV6_DSTOPTS, PADDING),
}
"""The option that asks for a header, its control message, and what it holds (RFC 3542)."""
LABEL = 0x54321
"""A flow label: 20 bits (RFC 8200 6)."""
EXCLUSIVE, ANYONE = 1, 255
"""Who may use a label (linux/in6.h, IPV6_FL_S_EXCL and IPV6_FL_S_ANY)."""
_REQUEST = struct.Struct("16s4sBBHHHI")
"""struct in6_flowlabel_req without its padding: address, label, action, share, flags, expires, linger."""


def packet_info(family: Family, *, source: str | None = None, interface: int = 0) -> tuple[int, int, bytes]:
    """The control message that gives a datagram its source and its interface (ip(7), RFC 3542 6)."""
    if family.domain == socket.AF_INET6:
        host = socket.inet_pton(socket.AF_INET6, source or "::")
        return IPPROTO_IPV6, IPV6_PKTINFO, struct.pack("16sI", host, interface)
    return IPPROTO_IP, IP_PKTINFO, struct.pack("i4s4s", interface, socket.inet_aton(source or "0.0.0.0"), bytes(4))


def original(family: Family, content: bytes) -> tuple[str, int]:
    """Address and port of a struct sockaddr of that family."""
    port = int.from_bytes(content[2:4], "big")
    host = content[8:24] if family.domain == socket.AF_INET6 else content[4:8]
    return socket.inet_ntop(family.domain, host), port


def take_label(end: RecordedSocket, host: str, *, share: int = ANYONE) -> None:
    """Has the kernel know that this socket uses `LABEL` towards `host`. Raises OSError."""
    address = socket.inet_pton(socket.AF_INET6, host)
    get, may_create = 0, 1
    request = _REQUEST.pack(address, LABEL.to_bytes(4, "big"), get, share, may_create, 0, 0, 0)
    end.setsockopt(IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, request)


def both(peers: Peers, family: Family) -> tuple[RecordedSocket, RecordedSocket]:
    """A sender and a receiver on loopback."""
    return peers.socket("sender", family.domain, SOCK_DGRAM), peers.datagram(family, lane="receiver")


def send_labelled(end: RecordedSocket, data: bytes, host: str, port: int) -> None:
    """Sends by sendto(2) with the label in sin6_flowinfo. Raises OSError."""
    end.sendto(data, (host, port, LABEL, 0))
