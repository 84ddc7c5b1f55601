"""socket(2) as C has it, and a child without a capability.

Python's own socket() always asks for SOCK_CLOEXEC.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from ctypes import CDLL, create_string_buffer, get_errno
from typing import Any

from fixtures.stage.children import in_child
from fixtures.stage.namespaces import LINUX_CAPABILITY_VERSION_3
from fixtures.stage.probes.privileges import CAPABILITY_NUMBERS

_libc = CDLL(None, use_errno=True)


def socket_call(domain: int, kind: int, protocol: int = 0) -> int:
    """The descriptor that socket(2) gives; the caller closes it. Raises OSError."""
    return _checked(_libc.socket(domain, kind, protocol))


def without(capability: str, piece: Callable[[], Any]) -> Any:
    """What `piece` returns in a child that has dropped a capability from its effective set."""

    def inside() -> Any:
        drop(CAPABILITY_NUMBERS[capability])
        return piece()

    return in_child(inside).value


def drop(number: int) -> None:
    """Takes a capability out of the effective set of this thread (capset(2)). Raises OSError."""
    header, data = struct.pack("=Ii", LINUX_CAPABILITY_VERSION_3, 0), create_string_buffer(24)
    _checked(_libc.capget(header, data))
    words = list(struct.unpack("=6I", data.raw))
    words[3 * (number // 32)] &= ~(1 << number % 32)
    _checked(_libc.capset(header, struct.pack("=6I", *words)))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(get_errno(), os.strerror(get_errno()))
    return result
