"""Signatures of segments (RFC 2385): made as the standard says, of both directions."""

from __future__ import annotations

import hashlib
import socket
import struct
from typing import Any

from fixtures.remote.host import Remote
from fixtures.wire.packet import Packet

KEY, OTHER_KEY = b"a key of both ends", b"the key of nobody"
KIND = 19
BLANK = "a5" * 16
"""Stands where the signature comes."""
SIGNED = f"nop,nop,kind {KIND} {BLANK}"
"""The option before it is made right."""
PROTOCOL_TCP = 6


def digest(segment: Any, key: bytes) -> bytes:
    """The signature of a segment of Scapy's: MD5 of the pseudo-header, the header without options, data and key."""
    network = segment["IPv6"] if "IPv6" in segment else segment["IP"]
    header, data = bytes(network["TCP"])[:20], bytes(network["TCP"].payload)
    size = network["TCP"].dataofs * 4 + len(data)
    return hashlib.md5(pseudo_header(network, size) + header[:16] + b"\0\0" + header[18:] + data + key).digest()


def pseudo_header(network: Any, size: int) -> bytes:
    """What stands for the header of IP (RFC 9293 3.1, RFC 8200 8.1)."""
    family = socket.AF_INET6 if network.version == 6 else socket.AF_INET
    ends = socket.inet_pton(family, network.src) + socket.inet_pton(family, network.dst)
    return ends + struct.pack(
        "!II" if network.version == 6 else "!HH", *((size, 6) if network.version == 6 else (6, size))
    )


def send_signed(remote: Remote, text: str, *, key: bytes = KEY, payload: bytes | None = None) -> None:
    """Sends what `text` says, with SIGNED among its options, signed with `key`."""
    crafted = remote.craft(text, payload=payload)
    built = type(crafted)(bytes(crafted))
    segment = built["TCP"]
    segment.options = [
        (kind, digest(built, key) if kind in (KIND, "MD5") else value) for kind, value in segment.options
    ]
    del segment.chksum
    remote.put(built)


def signature_of(packet: Packet) -> bytes | None:
    """The signature that a captured segment carries; None without one."""
    options = dict(packet.layers["TCP"].options)
    return next((options[kind] for kind in (KIND, "MD5") if kind in options), None)


def right(packet: Packet, key: bytes = KEY) -> bool:
    """Whether a captured segment is signed with `key`."""
    layers = packet.layers
    return signature_of(packet) == digest(layers["IPv6"] if "IPv6" in layers else layers["IP"], key)
