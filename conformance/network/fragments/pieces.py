"""Fragments of IP, cut as a scenario wants them, and datagrams whose checksum is known beforehand."""

from __future__ import annotations

from typing import Any

from fixtures.evidence.recorder import RecordedSocket
from fixtures.remote.host import Remote
from fixtures.stage.families import ip6

IDENTIFICATION, ANOTHER = 77, 78
CHECKSUM = 0x1234
"""What the checksum of a datagram is made to be, so that a rule of nftables can know it."""


def receiver_of(remote: Remote) -> RecordedSocket:
    """A datagram socket of the kernel's, to which the remote host speaks from now on."""
    receiver = remote.peers.datagram(remote.family, lane="receiver", host=remote.near_host)
    remote.towards(receiver)
    return receiver


def carried(packet: Any) -> bytes:
    """What is behind the header of IP, with its checksum worked out."""
    return bytes(packet)[40 if packet.version == 6 else 20 :]


def piece(remote: Remote, packet: Any, start: int, end: int, *, number: int = IDENTIFICATION) -> Any:
    """The fragment of `packet` with the bytes from `start` to before `end`; the last one where nothing is behind it."""
    from scapy.layers import inet, inet6
    from scapy.packet import Raw

    data = carried(packet)
    more, ends = int(end < len(data)), {"src": packet.src, "dst": packet.dst}
    protocol = 6 if packet.haslayer("TCP") else 17
    if remote.family is ip6:
        head = inet6.IPv6(**ends) / inet6.IPv6ExtHdrFragment(nh=protocol, offset=start // 8, m=more, id=number)
    else:
        head = inet.IP(**ends, proto=protocol, flags=more, frag=start // 8, id=number)
    return head / Raw(data[start:end])


def checksum_known(remote: Remote, payload: bytes) -> bytes:
    """`payload` with two bytes in front that make the checksum of its datagram the one that is agreed on."""
    sample = remote.craft("UDP", payload=b"\0\0" + payload)
    right = int.from_bytes(carried(sample)[6:8], "big")
    return ((right - CHECKSUM) % 0xFFFF).to_bytes(2, "big") + payload
