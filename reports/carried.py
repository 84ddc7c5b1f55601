"""Captures that travel inside the page: who gets only the page, by mail, can still open what deviates in Wireshark."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from reports import summary
from reports.folder import CAPTURES
from reports.record import Instance, Results

MOST, MOST_OF_ONE = 1 << 20, 1 << 18
"""Bytes of all captures that one page carries, and of one that it carries."""

PCAPNG = b"\x0a\x0d\x0d\x0a"
"""How a capture begins."""


def captures(results: Results, home: Path) -> Mapping[str, str]:
    """The captures of what was unexpected, in base64, by the ids of the instances; those that lie in `home`.

    The first instance of each claim comes before the second of any, as long as there is room.
    """
    found, room = {}, MOST
    for instance in in_turn(results):
        data = capture(home, instance.pcap or "")
        if data and len(data) <= room:
            found[instance.id] = b64encode(data).decode()
            room -= len(data)
    return found


def in_turn(results: Results) -> Iterator[Instance]:
    """The unexpected instances: the first of each claim, then the second of each, and so on."""
    seen: Counter[str] = Counter()
    turns = []
    for instance in summary.unexpected(results):
        seen[instance.claim] += 1
        turns.append((seen[instance.claim], instance))
    yield from (instance for _, instance in sorted(turns, key=lambda turn: turn[0]))


def capture(home: Path, name: str) -> bytes:
    """The bytes of a capture of the run in `home`; none of a file that a run does not call so, or that is too big."""
    if not re.fullmatch(rf"{CAPTURES}/[^/\0]+", name) or (home / CAPTURES).is_symlink():
        return b""
    try:
        with open(os.open(home / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            data = file.read(MOST_OF_ONE + 1)
    except OSError:
        return b""
    return data if data.startswith(PCAPNG) and len(data) <= MOST_OF_ONE else b""
