"""The two sides of a connected stream as a model knows them: what lies unread, what was shut, what is urgent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fixtures.evidence.recorder import RecordedSocket

BYTES = bytes(range(97, 123)) * 400
"""What is sent, in this order on each side, so that a byte which is lost, doubled or moved shows."""


@dataclass
class Side:
    """One end. What has been sent to it and not been read is `inbox`."""

    name: str
    end: RecordedSocket
    sent: int = 0
    inbox: bytes = b""
    mark: int | None = None
    """The place in the inbox of the byte that is urgent, until it has been passed."""
    taken: bool = False
    """Whether that byte was received with MSG_OOB."""
    inline: bool = False
    reading_shut: bool = False
    writing_shut: bool = False
    closed: bool = False
    ended: bool = False
    """Whether the other side will send no more: it shut its sending side, or closed."""
    broken: bool = False
    """Whether the other side has reset the connection."""
    told: bool = False
    """Whether an error has told of that."""
    low_water: int = 1
    options: dict[str, int] = field(default_factory=dict)

    def next(self, size: int) -> bytes:
        """The next `size` bytes that this side has to send."""
        return BYTES[self.sent : self.sent + size]

    @property
    def at_mark(self) -> bool:
        """Whether the next byte is the urgent one."""
        return self.mark == 0

    @property
    def readable(self) -> int:
        """How many bytes one receive can give, of as many as it asks for: none is read across the mark."""
        if self.mark is None:
            return len(self.inbox)
        if self.mark > 0:
            return self.mark
        return len(self.inbox) - (0 if self.inline else 1)

    def peeked(self, size: int) -> bytes:
        """What a receive of `size` bytes gives."""
        begin = 1 if self.at_mark and not self.inline else 0
        return self.inbox[begin : begin + min(size, self.readable)]

    def take(self, size: int) -> None:
        """So many bytes were received; an urgent byte that does not stand in line is passed with them."""
        passed = size + (1 if self.at_mark and not self.inline else 0)
        self.inbox = self.inbox[passed:]
        if self.mark is not None:
            self.mark = self.mark - passed if self.mark >= passed else None
            self.taken = self.taken and self.mark is not None

    def come(self, data: bytes, *, urgent: bool = False) -> None:
        """Data has come from the other side; its last byte may be urgent."""
        self.inbox += data
        if urgent:
            self.mark, self.taken = len(self.inbox) - 1, False

    @property
    def is_at_urgent_byte(self) -> bool:
        """Whether nothing but an urgent byte is left: no source says what a receive does with it, so none is made."""
        return self.at_mark and not self.inline and not self.taken and len(self.inbox) == 1

    def was_told(self, seen: Any) -> None:
        """A call has given this, which may be the error that is told once."""
        self.told = self.told or seen == "ECONNRESET"

    @property
    def coarse(self) -> tuple[Any, ...]:
        """This side with sizes as none, some, many."""
        flags = (self.inline, self.reading_shut, self.writing_shut, self.closed, self.ended, self.broken, self.told)
        mark = "none" if self.mark is None else "here" if self.at_mark else "ahead"
        return min(len(self.inbox), 2), mark, self.taken, min(self.low_water, 2), *flags
