"""Messages of the domain name system, as far as a resolver of our own needs them (RFC 1035 4)."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

HEADER = struct.Struct("!6H")
TYPES = {1: "A", 12: "PTR", 28: "AAAA"}
RESPONSE, AUTHORITATIVE, TRUNCATED, RECURSION = 0x8000, 0x0400, 0x0200, 0x0180
NO_SUCH_NAME = 3
QUESTION_AT = b"\xc0\x0c"
"""A pointer to the name in the question (RFC 1035 4.1.4)."""


@dataclass(frozen=True)
class Question:
    """One question as it came: the name without its last dot, the type, and UDP or TCP."""

    name: str
    kind: str
    transport: str


def question(message: bytes, transport: str) -> Question:
    """The question of a query."""
    labels, at = [], HEADER.size
    while size := message[at]:
        labels.append(message[at + 1 : at + 1 + size].decode())
        at += size + 1
    kind = int.from_bytes(message[at + 1 : at + 3], "big")
    return Question(".".join(labels), TYPES.get(kind, str(kind)), transport)


def answer(message: bytes, records: list[str], *, kind: str, known: bool, truncated: bool = False) -> bytes:
    """The answer to a query: the records, none where `truncated`, or that there is no such name."""
    end = HEADER.size + message[HEADER.size :].index(0) + 5
    flags = RESPONSE | AUTHORITATIVE | RECURSION | (TRUNCATED if truncated else 0) | (0 if known else NO_SUCH_NAME)
    given = [] if truncated else [_record(kind, record) for record in records]
    return HEADER.pack(*HEADER.unpack_from(message)[:1], flags, 1, len(given), 0, 0) + b"".join(
        [message[HEADER.size : end], *given]
    )


def _record(kind: str, value: str) -> bytes:
    data = _name(value) if kind == "PTR" else socket.inet_pton(_family(kind), value)
    number = next(number for number, name in TYPES.items() if name == kind)
    return QUESTION_AT + struct.pack("!HHIH", number, 1, 60, len(data)) + data


def _family(kind: str) -> int:
    return socket.AF_INET6 if kind == "AAAA" else socket.AF_INET


def _name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"
