"""What TCP Fast Open is asked for by options of a listener."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

from socket import *

from .common import *

TCP_FASTOPEN_KEY, TCP_FASTOPEN_NO_COOKIE = 33, 34
KEYS = bytes(range(32))


@provokes("fastopen_cookie_unchecked", "fastopen_pending_unlimited")
def pending() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN, 2)
        return [listener.getsockopt(IPPROTO_TCP, name) for name in (TCP_FASTOPEN, TCP_FASTOPEN_NO_COOKIE)]


@provokes("fastopen_key_ignored", "fastopen_key_spare_dropped")
def keys() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_KEY, KEYS)
        return listener.getsockopt(IPPROTO_TCP, TCP_FASTOPEN_KEY, 64) == KEYS
