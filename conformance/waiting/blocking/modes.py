"""FIONBIO, and a loop that reads until there is nothing more."""

from __future__ import annotations

import os
import socket
import struct
from fcntl import ioctl
from termios import FIONBIO

MOST = 4096


def fionbio(end: socket.socket, on: int) -> None:
    """ioctl(FIONBIO): non-blocking for any number but 0. Raises OSError."""
    ioctl(end, FIONBIO, struct.pack("i", on))


def read_as_far_as_possible(end: socket.socket) -> int:
    """How many bytes came before read(2) gave 0 or failed with EAGAIN: which of them it was is forgotten."""
    total = 0
    while True:
        try:
            piece = os.read(end.fileno(), MOST)
        except BlockingIOError:
            return total
        if not piece:
            return total
        total += len(piece)
