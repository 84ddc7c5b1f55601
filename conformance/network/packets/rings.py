"""Rings for sending (packet(7), PACKET_TX_RING), of the second version."""

from __future__ import annotations

import mmap
import struct

from conformance.network.packets.links import BLOCK, FRAME, PACKET_VERSION, SOL_PACKET
from fixtures.evidence.recorder import RecordedSocket

PACKET_TX_RING, V2 = 13, 1
AVAILABLE, SEND_REQUEST, WRONG_FORMAT = 0, 1, 4
DATA_AT = 32
"""TPACKET2_HDRLEN without struct sockaddr_ll (linux/if_packet.h)."""
PLACE_AT = 12
"""Where tp_mac stands in struct tpacket2_hdr: the place of the frame."""
RESERVED = 128


def sending_ring(end: RecordedSocket) -> mmap.mmap:
    """A ring of two slots. Raises OSError."""
    end.setsockopt(SOL_PACKET, PACKET_VERSION, V2)
    end.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack("IIII", BLOCK, 1, FRAME, BLOCK // FRAME))
    return mmap.mmap(end.fileno(), BLOCK, mmap.MAP_SHARED)


def fill(memory: mmap.mmap, slot: int, data: bytes, *, length: int | None = None) -> None:
    """Puts a frame into the slot, to be sent; `length` is told in place of its own."""
    start = slot * FRAME
    memory[start + DATA_AT : start + DATA_AT + len(data)] = data
    struct.pack_into("II", memory, start, SEND_REQUEST, len(data) if length is None else length)


def status_of(memory: mmap.mmap, slot: int) -> int:
    """tp_status of the slot."""
    return int(struct.unpack_from("I", memory, slot * FRAME)[0])


def place_of(memory: mmap.mmap) -> int:
    """Where the frame in the first slot begins."""
    return int(struct.unpack_from("H", memory, PLACE_AT)[0])
