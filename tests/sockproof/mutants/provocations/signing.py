"""Keys of signatures: of networks, given twice, and such as there cannot be; and how long data is waited for."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import struct
from socket import *

from .common import *
from .hastening import TCP_MD5SIG, TCP_MD5SIG_EXT, answers


def network(length: int, key: bytes) -> bytes:
    name = struct.pack("=HH4s", AF_INET, 0, inet_aton("127.0.0.0"))
    return struct.pack("=128sBBHi80s", name, 1, length, len(key), 0, key)


def taken(name: int, key: bytes) -> str:
    with listening() as listener:
        return outcome(lambda: listener.setsockopt(IPPROTO_TCP, name, key))


@provokes("signatures_network_ignored")
def key_of_a_network() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG_EXT, network(8, b"key"))
        return answers(listener)


@provokes("signatures_networks_alike")
def key_of_a_smaller_network() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG_EXT, network(30, b"key"))
        return outcome(lambda: listener.setsockopt(IPPROTO_TCP, TCP_MD5SIG_EXT, network(24, b"")))


@provokes("signatures_key_unchecked")
def key_cut_short() -> object:
    return taken(TCP_MD5SIG, network(0, b"key")[:-1])


@provokes("signatures_none_taken")
def key_that_there_is_not() -> object:
    return taken(TCP_MD5SIG, network(0, b""))


def too_long() -> bytes:
    key = bytearray(network(0, b"key"))
    key[130:132] = (81).to_bytes(2, "little")
    return bytes(key)


@provokes("signatures_first_key_stays")
def second_key() -> object:
    with listening() as listener:
        return [outcome(listener.setsockopt, IPPROTO_TCP, TCP_MD5SIG, key) for key in (network(0, b"key"), too_long())]


@provokes("listen_deferred_two_seconds")
def data_waited_for() -> object:
    with listening() as listener:
        listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 1)
        return listener.getsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT)
