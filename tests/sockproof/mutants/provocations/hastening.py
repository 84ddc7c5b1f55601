"""What listeners are given by options: keys and limits of TCP Fast Open, keys of signatures."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import struct
from socket import *
from socket import socket

from .common import *

TCP_FASTOPEN_KEY, TCP_FASTOPEN_NO_COOKIE, TCP_MD5SIG, TCP_MD5SIG_EXT, TCP_INQ = 33, 34, 14, 32, 36
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


def signed(key: bytes) -> bytes:
    name = struct.pack("=HH4s", AF_INET, 0, inet_aton("127.0.0.1"))
    return struct.pack("=128sBBHi80s", name, 0, 0, len(key), 0, key)


def answers(listener: socket) -> object:
    with socket(AF_INET, SOCK_STREAM) as client:
        client.settimeout(0.1)
        return client.connect_ex(listener.getsockname()) == 0


@provokes("signatures_key_ignored")
def key_given() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signed(b"key"))
        return answers(listener)


@provokes("signatures_key_kept")
def key_taken_away() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signed(b"key"))
        listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signed(b""))
        return answers(listener)


@provokes("signatures_for_everybody")
def key_of_another() -> object:
    with listening() as listener:
        other = struct.pack("=HH4s", AF_INET, 0, inet_aton("127.0.0.9"))
        listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG, struct.pack("=128sBBHi80s", other, 0, 0, 3, 0, b"key"))
        return answers(listener)


@provokes("receive_inq_ignored")
def left_to_read() -> object:
    with tcp() as (client, server):
        server.setsockopt(IPPROTO_TCP, TCP_INQ, 1)
        client.send(b"ten bytes.")
        wait_readable(server)
        return len(server.recvmsg(4, CMSG_SPACE(4))[1])
