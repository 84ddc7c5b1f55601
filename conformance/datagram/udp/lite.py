"""Datagrams of UDP-Lite (RFC 3828), of which a checksum covers as much as the sender likes."""

from __future__ import annotations

import struct
from socket import SOCK_DGRAM, inet_pton

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Unavailable
from fixtures.remote.host import Remote
from fixtures.stage.families import Family
from fixtures.stage.peers import Peers

IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV = 136, 10, 11
CHECKSUM = 0x1234
"""What is agreed on, so that a rule of nftables can know it."""
HEADER = 8
"""Bytes, and the least that a checksum covers."""


def end_of(peers: Peers, family: Family, lane: str, host: str = "") -> RecordedSocket:
    """A socket of UDP-Lite that is bound, to loopback if nothing else is said."""
    try:
        end = peers.socket(lane, family.domain, SOCK_DGRAM, IPPROTO_UDPLITE)
    except OSError as error:
        raise Unavailable(f"no sockets of UDP-Lite: {error.strerror}", verdict="unsupported") from error
    end.bind(family.address(0, host or family.loopback))
    return end


def datagram(remote: Remote, payload: bytes, covered: int) -> bytes:
    """A datagram to whom the remote host speaks; so many bytes of it are covered, 0 for all."""
    head = struct.pack("!HHH", remote.port, remote.kernel[1], covered)
    whole = head + b"\0\0" + payload
    ends = b"".join(inet_pton(remote.family.domain, host) for host in (remote.host, remote.kernel[0]))
    known = ends + struct.pack("!II", len(whole), IPPROTO_UDPLITE)
    right = checksum(known + whole[: covered or len(whole)])
    return head + struct.pack("!H", right) + payload


def agreed(remote: Remote, payload: bytes, covered: int) -> bytes:
    """The same with two bytes in front of the payload that make its checksum CHECKSUM."""
    right = int.from_bytes(datagram(remote, b"\0\0" + payload, covered)[6:8], "big")
    return datagram(remote, ((right - CHECKSUM) % 0xFFFF).to_bytes(2, "big") + payload, covered)


def checksum(data: bytes) -> int:
    """Of RFC 1071; never zero, which would stand for none."""
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    return 0xFFFF - sum(words) % 0xFFFF


def put(remote: Remote, data: bytes) -> None:
    """Sends these bytes as what IP carries for UDP-Lite."""
    from scapy.layers import inet, inet6
    from scapy.packet import Raw

    ends = {"src": remote.host, "dst": remote.kernel[0]}
    six = remote.family.name == "ip6"
    network = inet6.IPv6(**ends, nh=IPPROTO_UDPLITE) if six else inet.IP(**ends, proto=IPPROTO_UDPLITE)
    remote.put(network / Raw(data))
