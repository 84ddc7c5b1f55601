"""Names and reuse."""

# ruff: noqa: F403, F405  (constants are spelled as the manual pages spell them)

from __future__ import annotations

import ctypes
import os
import tempfile
from socket import *
from socket import socket

from .common import *


@provokes("reuse_inuse_missing", "reuse_inuse_as_eacces", "reuse_inuse_moves_port", "reuse_listener_shared")
def in_use() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as other:
        other.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        return outcome(other.bind, listener.getsockname())


@provokes("reuse_wildcard_conflict_missing")
def wildcard_in_use() -> object:
    with listening() as listener, socket(AF_INET, SOCK_STREAM) as other:
        return outcome(other.bind, ("", listener.getsockname()[1]))


@provokes("reuse_address_always", "reuse_address_ignored", "reuse_address_cleared_by_bind")
def reuse_truth() -> object:
    seen = []
    for first, second in ((0, 0), (1, 1)):
        with socket(AF_INET, SOCK_STREAM) as one, socket(AF_INET, SOCK_STREAM) as two:
            one.setsockopt(SOL_SOCKET, SO_REUSEADDR, first)
            two.setsockopt(SOL_SOCKET, SO_REUSEADDR, second)
            one.bind(("127.0.0.1", 0))
            seen.append(outcome(two.bind, one.getsockname()))
    return seen


@provokes("reuse_udp_always_shared")
def udp_in_use() -> object:
    with socket(AF_INET, SOCK_DGRAM) as one, socket(AF_INET, SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        return outcome(two.bind, one.getsockname())


@provokes("reuse_port_ignored", "reuse_port_as_address", "reuse_port_one_side_enough")
def ports() -> object:
    seen = []
    for first in (0, 1):
        with socket(AF_INET, SOCK_STREAM) as one, socket(AF_INET, SOCK_STREAM) as two:
            one.setsockopt(SOL_SOCKET, SO_REUSEPORT, first)
            two.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", 0))
            one.listen()
            seen.append((outcome(two.bind, one.getsockname()), outcome(two.listen)))
    return seen


@provokes("reuse_address_as_port", "reuse_address_get_zero")
def both_options() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        return [sock.getsockopt(SOL_SOCKET, option) for option in (SO_REUSEADDR, SO_REUSEPORT)]


@provokes("reuse_specific_as_wildcard")
def bound_specific() -> object:
    with listening() as listener:
        return listener.getsockname()[0]


@provokes("reuse_wildcard_as_loopback", "reuse_bound_again_allowed")
def bound_wildcard() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.bind(("", 0))
        return sock.getsockname()[0], outcome(sock.bind, ("", 0))


@provokes("reuse_notlocal_allowed")
def not_local() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        return outcome(sock.bind, ("192.0.2.1", 0))


@provokes("reuse_unix_inuse_missing", "reuse_unix_replaces_file")
def unix_in_use() -> object:
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX) as one, socket(AF_UNIX) as two:
        one.bind(f"{folder}/s")
        return outcome(two.bind, f"{folder}/s")


@provokes("reuse_v6only_ignored", "reuse_v6only_always")
def only_v6() -> object:
    seen = []
    for only in (0, 1):
        with socket(AF_INET6, SOCK_STREAM) as six, socket(AF_INET, SOCK_STREAM) as four:
            six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, only)
            six.bind(("::", 0))
            seen.append(outcome(four.bind, ("", six.getsockname()[1])))
    return seen


@provokes(
    "names_sock_wildcard", "names_sock_port_zero", "names_sock_is_peer", "names_peer_is_own", "names_peer_port_zero",
)  # fmt: skip
def connected_names() -> object:
    with tcp() as (client, server):
        return client.getsockname() == server.getpeername(), server.getsockname() == client.getpeername()


@provokes("names_peer_unconnected_allowed")
def unconnected_name() -> object:
    with socket(AF_INET, SOCK_STREAM) as alone:
        return outcome(alone.getpeername)[:8]


@provokes("names_unix_length_full")
def abstract_name() -> object:
    with socket(AF_UNIX) as sock:
        sock.bind(f"\0sockproof-{os.getpid()}")
        return len(sock.getsockname()) < 40


def raw_name(sock: socket, room: int) -> int:
    """The length that getsockname reports for a buffer of `room` bytes."""
    length = ctypes.c_uint32(room)
    LIBC.getsockname(sock.fileno(), ctypes.create_string_buffer(room), ctypes.byref(length))
    return length.value


@provokes("names_length_capped", "names_unix_unnamed_zero")
def name_lengths() -> object:
    with socket(AF_INET, SOCK_STREAM) as inet, socket(AF_UNIX) as unnamed:
        return raw_name(inet, 4), raw_name(unnamed, 100)


@provokes("reuse_port_get_zero")
def port_option() -> object:
    with socket(AF_INET, SOCK_STREAM) as sock:
        sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        return sock.getsockopt(SOL_SOCKET, SO_REUSEPORT)
