"""What the kernel thinks of a neighbour, by rtnetlink(7), and whether it has asked for it."""

from __future__ import annotations

import socket
import struct

from fixtures.evidence import netlink
from fixtures.stage.rtnetlink import attribute, attributes

RTM_NEWNEIGH, RTM_GETNEIGH = 28, 30
NDA_DST = 1
NEIGHBOUR = struct.Struct("=BxxxiHBB")
"""struct ndmsg: family, index of the interface, state, flags, type."""
REACHABLE, STALE, DELAY, PROBE = 2, 4, 8, 16
NLM_F_REPLACE = 0x100
IP6_HEADER, NEIGHBOUR_SOLICITATION = 40, 135
ARP_REQUEST = b"\x00\x01"


def make_stale(index: int, host: str) -> None:
    """Whether a neighbour that is known is still there is no longer sure. Raises OSError."""
    family = _family(host)
    body = NEIGHBOUR.pack(family, index, STALE, 0, 0) + attribute(NDA_DST, socket.inet_pton(family, host))
    with netlink.open_netlink(socket.NETLINK_ROUTE) as asked:
        asked.send(netlink.request(RTM_NEWNEIGH, netlink.NLM_F_ACK | NLM_F_REPLACE, 1, body))
        for kind, answer in netlink.messages(asked):
            if kind == netlink.NLMSG_ERROR and (error := netlink.error_in(answer, "rtnetlink")) is not None:
                raise error
            return


def state_of(index: int, host: str) -> int:
    """REACHABLE, STALE, DELAY, PROBE or another state; 0 for a neighbour that is not known."""
    wanted = socket.inet_pton(_family(host), host)
    with netlink.open_netlink(socket.NETLINK_ROUTE) as asked:
        asked.send(netlink.request(RTM_GETNEIGH, netlink.NLM_F_DUMP, 1, NEIGHBOUR.pack(_family(host), index, 0, 0, 0)))
        found = 0
        for kind, body in netlink.messages(asked):
            if kind != RTM_NEWNEIGH:
                return found
            if dict(attributes(body[NEIGHBOUR.size :])).get(NDA_DST) == wanted:
                found = NEIGHBOUR.unpack_from(body)[2]
    return found


def asks_for(host: str, frame: bytes) -> bool:
    """Whether an Ethernet frame asks for that neighbour, by ARP (RFC 826) or neighbour discovery (RFC 4861 4.3)."""
    kind, body, wanted = frame[12:14], frame[14:], socket.inet_pton(_family(host), host)
    if kind == b"\x08\x06":
        return body[6:8] == ARP_REQUEST and body[24:28] == wanted
    message = body[IP6_HEADER:]
    return kind == b"\x86\xdd" and body[6] == 58 and message[0] == NEIGHBOUR_SOLICITATION and message[8:24] == wanted


def _family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
